/**
 * Random bytes from the engine's own source.
 * Never falls back to Math.random.
 */
import { Buffer } from 'buffer';
import { hex } from './bytes.js';
import { coded } from './errors.js';

// Taken now, because the sandbox puts its own `crypto` in this place afterwards.
const native = globalThis.crypto;

/** As much as getRandomValues gives at once. */
export const FILL_BYTES_MAX = 65_536;

/**
 * Fills the bytes and returns them.
 *
 * @template {Uint8Array} T
 * @param {T} bytes
 */
export function fillRandom(bytes) {
  if (typeof native?.getRandomValues !== 'function') {
    throw coded(Error, 'ERR_CRYPTO_NO_RANDOM', 'This engine has no source of random bytes.');
  }
  for (let at = 0; at < bytes.length; at += FILL_BYTES_MAX)
    native.getRandomValues(bytes.subarray(at, at + FILL_BYTES_MAX));
  return bytes;
}

/** A random UUID, version 4. */
export function randomUUID() {
  const bytes = fillRandom(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const digits = hex(bytes);
  const groups = [
    digits.slice(0, 8),
    digits.slice(8, 12),
    digits.slice(12, 16),
    digits.slice(16, 20),
    digits.slice(20),
  ];
  return /** @type {`${string}-${string}-${string}-${string}-${string}`} */ (groups.join('-'));
}

/**
 * @param {number} size
 * @param {(error: Error | null, bytes: Buffer) => void} [callback]
 */
export function randomBytes(size, callback) {
  if (!Number.isInteger(size) || size < 0 || size > 0x7fffffff) {
    throw coded(
      RangeError,
      'ERR_OUT_OF_RANGE',
      `The size of randomBytes must be a whole number of bytes, but it is ${String(size)}.`,
    );
  }
  const bytes = Buffer.alloc(size);
  fillRandom(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (!callback) return bytes;
  queueMicrotask(() => callback(null, bytes));
  return undefined;
}

/**
 * @template {ArrayBufferView} T
 * @param {T} view
 * @param {number} [offset] in elements, as in node
 * @param {number} [size] in elements
 */
export function randomFillSync(view, offset = 0, size) {
  const element = /** @type {{ BYTES_PER_ELEMENT?: number }} */ (view).BYTES_PER_ELEMENT ?? 1;
  const start = offset * element;
  const length = size === undefined ? view.byteLength - start : size * element;
  if (!(start >= 0 && length >= 0 && start + length <= view.byteLength)) {
    throw coded(
      RangeError,
      'ERR_OUT_OF_RANGE',
      `randomFillSync: offset ${offset} and size ${String(size)} do not fit the buffer.`,
    );
  }
  fillRandom(new Uint8Array(view.buffer, view.byteOffset + start, length));
  return view;
}

/**
 * A random whole number: `min` ≤ n < `max`.
 *
 * @param {number} min or, alone, the maximum
 * @param {number} [max]
 */
export function randomInt(min, max) {
  const [low, high] = max === undefined ? [0, min] : [min, max];
  const range = high - low;
  if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high) || range <= 0 || range >= 2 ** 48) {
    throw coded(RangeError, 'ERR_OUT_OF_RANGE', 'randomInt needs whole numbers, min below max, less than 2^48 apart.');
  }
  // What is above the last whole multiple of the range would favour the low numbers.
  const limit = 2 ** 48 - (2 ** 48 % range);
  for (;;) {
    const drawn = fillRandom(new Uint8Array(6)).reduce((sum, byte) => sum * 256 + byte, 0);
    if (drawn < limit) return low + (drawn % range);
  }
}
