/**
 * Bytes: what an author may pass where bytes are wanted, and the texts that bytes are written as.
 * Never copies binary data that is handed in, except small pieces that the caller may reuse.
 */
import { Buffer } from 'buffer';
import { coded, typeError } from './errors.js';

/** @typedef {string | ArrayBuffer | ArrayBufferView} BytesLike */

const ENCODINGS = "'utf8', 'hex', 'base64', 'base64url', 'latin1' ('binary'), 'ascii' or 'utf16le'";

/**
 * The bytes of a string, a Buffer, a typed array, a DataView or an ArrayBuffer.
 *
 * @param {unknown} input
 * @param {string} what how an error names the input
 * @param {string} [encoding] how a string is to be read
 * @returns {Uint8Array}
 */
export function bytesOf(input, what, encoding) {
  if (typeof input === 'string') return bytesOfText(input, encoding);
  return bytesOfView(input) ?? fail(what, 'a string, a Buffer, a typed array or a DataView', input);
}

/**
 * The bytes of anything binary; strings are refused.
 *
 * @param {unknown} input
 * @param {string} what how an error names the input
 * @returns {Uint8Array}
 */
export function bytesOfBinary(input, what) {
  const remedy = 'a Buffer, a typed array, a DataView or an ArrayBuffer (a string becomes one by Buffer.from)';
  return bytesOfView(input) ?? fail(what, remedy, input);
}

/**
 * The bytes of anything binary, over the same memory; undefined for everything else.
 *
 * @param {unknown} input
 * @returns {Uint8Array | undefined}
 */
export function bytesOfView(input) {
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  // Not instanceof: what the binding hands to a handler comes from another realm, with an ArrayBuffer of its own.
  if (Object.prototype.toString.call(input) === '[object ArrayBuffer]')
    return new Uint8Array(/** @type {ArrayBuffer} */ (input));
  return undefined;
}

/**
 * A Buffer over the same memory.
 *
 * @param {Uint8Array} bytes
 */
export function asBuffer(bytes) {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * A Buffer, or a string where an encoding is asked for: what node's `digest` and `sign` return.
 *
 * @param {Uint8Array} bytes
 * @param {string} [encoding]
 */
export function encoded(bytes, encoding) {
  const buffer = asBuffer(bytes);
  if (encoding === undefined || encoding === null || encoding === 'buffer') return buffer;
  const name = encodingNamed(encoding);
  // The Buffer of the sandbox knows base64 but not base64url.
  return name === 'base64url' ? base64url(bytes) : buffer.toString(name);
}

/**
 * Base64 in the alphabet for URLs, without padding.
 *
 * @param {Uint8Array} bytes
 */
export function base64url(bytes) {
  return asBuffer(bytes).toString('base64').replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/**
 * @param {Uint8Array} bytes
 */
export function hex(bytes) {
  return asBuffer(bytes).toString('hex');
}

/**
 * @param {Uint8Array[]} pieces
 * @returns {Uint8Array}
 */
export function concat(pieces) {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

// Larger pieces are in practice the body itself, which nobody changes between update() and digest().
const COPIED_PIECE_BYTES_MAX = 64 * 1024;

/** Gathers what `update` is given, because the host takes the data of a call in one piece. */
export class Gathered {
  /** @type {Uint8Array[]} */
  #pieces = [];

  /**
   * @param {unknown} data
   * @param {string} [encoding]
   */
  add(data, encoding) {
    const bytes = bytesOf(data, 'data of update()', encoding);
    // Node reads the bytes at once, so an author may reuse a scratch buffer after update().
    const mayChange = typeof data !== 'string' && bytes.length <= COPIED_PIECE_BYTES_MAX;
    this.#pieces.push(mayChange ? bytes.slice() : bytes);
  }

  /** Everything in one piece. A single piece is handed on as it is. */
  all() {
    if (this.#pieces.length !== 1) this.#pieces = [concat(this.#pieces)];
    return this.#pieces[0];
  }

  copy() {
    const copy = new Gathered();
    copy.#pieces = [...this.#pieces];
    return copy;
  }
}

/**
 * @param {string} text
 * @param {string} [encoding]
 * @returns {Uint8Array}
 */
function bytesOfText(text, encoding) {
  const name = encoding === undefined || encoding === null || encoding === 'buffer' ? 'utf8' : encodingNamed(encoding);
  if (name === 'utf8') return new TextEncoder().encode(text);
  if (name === 'hex') return bytesOfHex(text);
  // Both alphabets are read as base64.
  return bytesOfBinary(Buffer.from(text, name === 'base64url' ? 'base64' : name), 'text');
}

/**
 * @param {string} text
 * @returns {Uint8Array}
 */
function bytesOfHex(text) {
  if (text.length % 2 !== 0) {
    throw coded(
      TypeError,
      'ERR_INVALID_ARG_VALUE',
      `A hex string has an even length, but this one has ${text.length}.`,
    );
  }
  // As node does: what follows the first pair that is not hex is dropped.
  const valid = /^(?:[0-9a-f]{2})*/i.exec(text)?.[0] ?? '';
  return bytesOfBinary(Buffer.from(valid, 'hex'), 'text');
}

/**
 * @param {string} encoding
 * @returns {'utf8' | 'hex' | 'base64' | 'base64url' | 'latin1' | 'utf16le'}
 */
function encodingNamed(encoding) {
  switch (String(encoding).toLowerCase()) {
    case 'utf8':
    case 'utf-8':
      return 'utf8';
    case 'hex':
      return 'hex';
    case 'base64':
      return 'base64';
    case 'base64url':
      return 'base64url';
    case 'latin1':
    case 'binary':
    case 'ascii':
      return 'latin1';
    case 'utf16le':
    case 'utf-16le':
    case 'ucs2':
    case 'ucs-2':
      return 'utf16le';
    default:
      throw coded(TypeError, 'ERR_UNKNOWN_ENCODING', `There is no encoding '${encoding}'. Use ${ENCODINGS}.`);
  }
}

/**
 * @param {string} what
 * @param {string} expected
 * @param {unknown} value
 * @returns {never}
 */
function fail(what, expected, value) {
  throw typeError(what, expected, value);
}
