/**
 * `URL`, with its own `URLSearchParams`. Only in bundles that name it: it is larger than all the rest that the engine lacks.
 */
import 'core-js/web/url.js';
import 'core-js/web/url-search-params.js';
