/**
 * `Buffer` as node has it, in the one place where the package that stands in for it differs: the encoding `base64url`.
 * Changes the package's Buffer itself, so that every way to it is the same class.
 */
import { Buffer } from 'buffer';

export { Buffer, INSPECT_MAX_BYTES, SlowBuffer, kMaxLength } from 'buffer';

const BASE64URL = /^base64url$/i;

/** Functions that take an encoding, and the position from which on an argument can be one. */
const READERS = /** @type {const} */ ([
  [Buffer, 'from', 1],
  [Buffer, 'byteLength', 1],
  [Buffer, 'alloc', 2],
  [Buffer, 'isEncoding', 0],
  [Buffer.prototype, 'write', 1],
  [Buffer.prototype, 'fill', 1],
  [Buffer.prototype, 'indexOf', 1],
  [Buffer.prototype, 'lastIndexOf', 1],
  [Buffer.prototype, 'includes', 1],
]);

for (const [owner, name, first] of READERS) teach(owner, name, first);

const { toString: textOf } = Buffer.prototype;
/** @this {any} @param {any[]} args */
Buffer.prototype.toString = function toString(...args) {
  if (!isUrl(args[0])) return textOf.apply(this, /** @type {any} */ (args));
  return textOf.call(this, 'base64', ...args.slice(1)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
};

/**
 * What reads base64 reads both alphabets, padded or not.
 * @param {any} owner
 * @param {string} name
 * @param {number} first
 */
function teach(owner, name, first) {
  const original = owner[name];
  owner[name] = /** @this {unknown} */ function (/** @type {unknown[]} */ ...args) {
    return original.apply(this, args.map((each, index) => (index >= first ? withoutUrl(each) : each)));
  };
}

/** @param {any} encoding */
function withoutUrl(encoding) {
  return isUrl(encoding) ? 'base64' : encoding;
}

/** @param {unknown} encoding */
function isUrl(encoding) {
  return typeof encoding === 'string' && BASE64URL.test(encoding);
}
