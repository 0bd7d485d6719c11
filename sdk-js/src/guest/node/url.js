/** `node:url`: node's own code for the old functions, by unenv; the classes are those of the sandbox. */
import * as url from 'unenv/node/url';

const { Url, format, resolve, resolveObject, fileURLToPath, pathToFileURL, urlToHttpOptions, domainToASCII, domainToUnicode } = url;
const { URL, URLSearchParams } = globalThis;

/**
 * unenv's own function warns at each first call, which is every call of a connector.
 * @param {any} address
 * @param {boolean} [parsesQuery]
 * @param {boolean} [slashesDenoteHost]
 */
function parse(address, parsesQuery, slashesDenoteHost) {
  if (address instanceof /** @type {any} */ (Url)) return address;
  const found = new /** @type {any} */ (Url)();
  found.parse(address, parsesQuery, slashesDenoteHost);
  return found;
}

export default {
  Url, parse, format, resolve, resolveObject, fileURLToPath, pathToFileURL, urlToHttpOptions, domainToASCII, domainToUnicode, URL, URLSearchParams,
};
