/**
 * Recognises values that are bytes. Never copies them.
 */

/**
 * The bytes of an ArrayBuffer, typed array, DataView or Buffer, over the same memory and of this realm: what the bindings
 * hand in is of another one, so that it is no `Uint8Array` to an author who asks. Undefined for everything else.
 * @param {unknown} value
 */
export function asBytes(value) {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  // Not instanceof, for the same reason.
  if (Object.prototype.toString.call(value) === '[object ArrayBuffer]') return new Uint8Array(/** @type {ArrayBuffer} */ (value));
  return undefined;
}
