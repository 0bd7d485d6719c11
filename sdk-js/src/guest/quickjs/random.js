/**
 * Random numbers from the host. The engine's own `Math.random` would go on from the seed that the snapshot holds, the same
 * for every request.
 */
// @ts-ignore: this module exists only inside the component.
import { randomBytes } from 'patchbay:engine';

const FILL_BYTES_MAX = 65_536;
const POOL_BYTES = 128;
const DOUBLE_BYTES = 8;
const MANTISSA = 2 ** -53;

let pool = new DataView(new ArrayBuffer(0));
let used = 0;

/** What was drawn while the bundle was built is not used again. */
export function forgetRandom() {
  used = pool.byteLength;
}

/** @returns {number} 0 ≤ n < 1 */
export function random() {
  if (used + DOUBLE_BYTES > pool.byteLength) {
    const { buffer, byteOffset, byteLength } = randomBytes(POOL_BYTES);
    pool = new DataView(buffer, byteOffset, byteLength);
    used = 0;
  }
  const high = pool.getUint32(used) >>> 5;
  const low = pool.getUint32(used + 4) >>> 6;
  used += DOUBLE_BYTES;
  return (high * 2 ** 26 + low) * MANTISSA;
}

/**
 * @template {ArrayBufferView} T
 * @param {T} view
 */
export function getRandomValues(view) {
  if (!ArrayBuffer.isView(view) || view instanceof DataView || /^Float/.test(view.constructor.name)) {
    throw new DOMException('getRandomValues fills typed arrays of whole numbers', 'TypeMismatchError');
  }
  if (view.byteLength > FILL_BYTES_MAX) {
    throw new DOMException(`getRandomValues fills ${FILL_BYTES_MAX} bytes at most`, 'QuotaExceededError');
  }
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(randomBytes(view.byteLength));
  return view;
}
