/**
 * ASN.1 DER, as much of it as keys and certificates need.
 * Knows nothing of keys; never follows nesting by itself, so hostile input cannot make it recurse.
 */
import { concat } from './bytes.js';
import { keyError } from './errors.js';

/** @typedef {{ tag: number, contents: Uint8Array }} Element */

export const TAG = {
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  sequence: 0x30,
  /** Constructed `[0]` and `[1]`, and a primitive `[1]`. */
  context0: 0xa0,
  context1: 0xa1,
  context1Primitive: 0x81,
};

/**
 * The elements of the one SEQUENCE that the bytes are.
 *
 * @param {Uint8Array} bytes
 * @returns {Element[]}
 */
export function readSequence(bytes) {
  const elements = readElements(bytes);
  if (elements.length !== 1) throw malformed();
  return readElements(contentsOf(elements[0], TAG.sequence));
}

/**
 * All elements in the bytes, one after the other.
 *
 * @param {Uint8Array} bytes
 */
export function readElements(bytes) {
  /** @type {Element[]} */
  const elements = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at];
    const { start, end } = extent(bytes, at + 1);
    elements.push({ tag, contents: bytes.subarray(start, end) });
    at = end;
  }
  return elements;
}

/**
 * The contents of an element that has to be there and to have the tag.
 *
 * @param {Element | undefined} element
 * @param {number} tag
 */
export function contentsOf(element, tag) {
  if (element?.tag !== tag) throw malformed();
  return element.contents;
}

/**
 * A positive INTEGER as big-endian bytes without leading zeros.
 *
 * @param {Element | undefined} element
 */
export function readInteger(element) {
  const contents = contentsOf(element, TAG.integer);
  if (contents.length === 0 || contents[0] >= 0x80) throw malformed();
  return withoutLeadingZeros(contents);
}

/**
 * The bytes of a BIT STRING.
 *
 * @param {Element | undefined} element
 */
export function readBits(element) {
  const contents = contentsOf(element, TAG.bits);
  if (contents[0] !== 0) throw malformed();
  return contents.subarray(1);
}

/**
 * One element.
 *
 * @param {number} tag
 * @param {...Uint8Array} parts
 * @returns {Uint8Array}
 */
export function write(tag, ...parts) {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return concat([Uint8Array.of(tag, ...lengthBytes(length)), ...parts]);
}

/**
 * A positive INTEGER from big-endian bytes.
 *
 * @param {Uint8Array} bytes
 */
export function writeInteger(bytes) {
  const digits = withoutLeadingZeros(bytes);
  const needsSign = digits.length === 0 || digits[0] >= 0x80;
  return needsSign ? write(TAG.integer, Uint8Array.of(0), digits) : write(TAG.integer, digits);
}

/**
 * A BIT STRING of whole bytes.
 *
 * @param {Uint8Array} bytes
 */
export function writeBits(bytes) {
  return write(TAG.bits, Uint8Array.of(0), bytes);
}

/**
 * @param {Uint8Array} bytes
 */
export function withoutLeadingZeros(bytes) {
  let start = 0;
  while (start < bytes.length && bytes[start] === 0) start += 1;
  return bytes.subarray(start);
}

/**
 * Where the contents of an element start and end, from its length bytes.
 *
 * @param {Uint8Array} bytes
 * @param {number} at
 */
function extent(bytes, at) {
  const first = bytes[at];
  if (first === undefined) throw malformed();
  const digits = first < 0x80 ? 0 : first & 0x7f;
  // 0x80 is the indefinite length of BER. Three digits are 16 MB, more than any key.
  if (first === 0x80 || digits > 3) throw malformed();
  let length = digits === 0 ? first : 0;
  for (let digit = 1; digit <= digits; digit += 1) length = length * 256 + (bytes[at + digit] ?? 0);
  const start = at + 1 + digits;
  if (start + length > bytes.length) throw malformed();
  return { start, end: start + length };
}

/**
 * @param {number} length
 */
function lengthBytes(length) {
  if (length < 0x80) return [length];
  const digits = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return [0x80 + digits.length, ...digits];
}

function malformed() {
  return keyError(
    'The key is damaged, or not of the kind that its label or `type` says: its ASN.1 structure cannot be read.',
  );
}
