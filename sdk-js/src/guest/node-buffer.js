/**
 * `Buffer` as node has it, where the package that stands in for it differs: the encoding `base64url`, and the methods that
 * node itself does not document and packages use.
 * Changes the package's Buffer itself, so that every way to it is the same class.
 */
import { Buffer, kMaxLength } from 'buffer';

export { Buffer, INSPECT_MAX_BYTES, SlowBuffer, kMaxLength } from 'buffer';

export const { atob, btoa } = globalThis;
export const kStringMaxLength = 0x1fffffe8;
export const constants = { MAX_LENGTH: kMaxLength, MAX_STRING_LENGTH: kStringMaxLength };

/** @param {ArrayBuffer | ArrayBufferView} bytes */
export function isUtf8(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes) !== undefined;
  } catch {
    return false;
  }
}

/** @param {Uint8Array} bytes */
export function isAscii(bytes) {
  return bytes.every((each) => each < 0x80);
}

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

for (const encoding of ['ascii', 'base64', 'base64url', 'hex', 'latin1', 'ucs2', 'utf8']) {
  /** @type {Record<string, (this: any, ...args: any[]) => unknown>} */
  const methods = {
    /** @this {any} @param {number} [start] @param {number} [end] */
    [`${encoding}Slice`](start, end) {
      return this.toString(encoding, start, end);
    },
    /** @this {any} @param {string} text @param {number} [offset] @param {number} [length] */
    [`${encoding}Write`](text, offset = 0, length) {
      return this.write(text, offset, length ?? this.length - offset, encoding);
    },
  };
  for (const [name, method] of Object.entries(methods)) if (!(name in Buffer.prototype)) Object.assign(Buffer.prototype, { [name]: method });
}

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
