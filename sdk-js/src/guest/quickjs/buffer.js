/**
 * Teaches the package behind `Buffer` to read and write text by what the engine does natively, which is a hundred times as
 * fast as its loops. Whatever is not plain goes on through the package.
 */
import { Buffer } from 'buffer';
import { binaryOf, bytesOfBinary, decodeUtf8, encodeUtf8 } from './utf8.js';

const { toBase64, toHex } = /** @type {any} */ (Uint8Array.prototype);
const { fromBase64, fromHex } = /** @type {any} */ (Uint8Array);

const NO_HEX = /[^0-9a-f]/i;
const BEYOND_LATIN1 = /[^\0-\xff]/;

/** @type {Record<string, (text: string) => Uint8Array | undefined>} */
const READERS = {
  utf8: encodeUtf8,
  'utf-8': encodeUtf8,
  hex: (text) => (text.length % 2 === 0 && !NO_HEX.test(text) ? fromHex.call(Uint8Array, text) : undefined),
  base64: strictBase64,
  latin1: (text) => (BEYOND_LATIN1.test(text) ? undefined : bytesOfBinary(text)),
  binary: (text) => (BEYOND_LATIN1.test(text) ? undefined : bytesOfBinary(text)),
};

/** @type {Record<string, (bytes: Uint8Array) => string>} */
const WRITERS = {
  utf8: decodeUtf8,
  'utf-8': decodeUtf8,
  hex: (bytes) => toHex.call(bytes),
  base64: (bytes) => toBase64.call(bytes),
  latin1: binaryOf,
  binary: binaryOf,
};

const { from, byteLength } = Buffer;
const { toString } = Buffer.prototype;

Buffer.from = /** @type {any} */ (
  (/** @type {any} */ value, /** @type {any} */ encoding, /** @type {any} */ length) => {
    const bytes = typeof value === 'string' ? nativeBytes(value, encoding) : undefined;
    return bytes === undefined ? from(value, encoding, length) : from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
);

Buffer.byteLength = (/** @type {any} */ value, /** @type {any} */ encoding) =>
  (typeof value === 'string' ? nativeBytes(value, encoding) : undefined)?.length ?? byteLength(value, encoding);

Buffer.prototype.toString = /** @this {Buffer} */ function (/** @type {any} */ encoding, /** @type {any} */ start, /** @type {any} */ end) {
  const write = WRITERS[encoding === undefined ? 'utf8' : encoding];
  if (write === undefined) return toString.call(this, encoding, start, end);
  return write(start === undefined && end === undefined ? this : this.subarray(start ?? 0, end));
};

/**
 * @param {string} text
 * @param {unknown} encoding
 */
function nativeBytes(text, encoding) {
  return READERS[encoding === undefined ? 'utf8' : String(encoding)]?.(text);
}

/**
 * Nothing for what only a lenient reader understands.
 * @param {string} text
 */
function strictBase64(text) {
  try {
    return fromBase64.call(Uint8Array, text);
  } catch {
    return undefined;
  }
}
