/** `node:url`: node's own code for the old functions, by unenv; the classes are those of the sandbox. */
import * as url from 'unenv/node/url';

const { Url, parse, format, resolve, resolveObject, fileURLToPath, pathToFileURL, urlToHttpOptions, domainToASCII, domainToUnicode } = url;
const { URL, URLSearchParams } = globalThis;

export default {
  Url, parse, format, resolve, resolveObject, fileURLToPath, pathToFileURL, urlToHttpOptions, domainToASCII, domainToUnicode, URL, URLSearchParams,
};
