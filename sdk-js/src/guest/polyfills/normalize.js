/** `String.prototype.normalize`, by a package. */
// @ts-ignore: the package has no types.
import { nfc, nfd, nfkc, nfkd } from 'unorm';

/** @type {Record<string, (text: string) => string>} */
const FORMS = { NFC: nfc, NFD: nfd, NFKC: nfkc, NFKD: nfkd };

Object.defineProperty(String.prototype, 'normalize', {
  /** @this {unknown} @param {string} [form] */
  value: function normalize(form = 'NFC') {
    const convert = FORMS[String(form)];
    if (convert === undefined) throw new RangeError(`${form} is not a form of normalization: use NFC, NFD, NFKC or NFKD`);
    return convert(String(this));
  },
  writable: true,
  enumerable: false,
  configurable: true,
});
