/**
 * Recognises values that are bytes. Never copies them.
 */

/**
 * The bytes of an ArrayBuffer, typed array, DataView or Buffer; undefined for everything else.
 * @param {unknown} value
 */
export function asBytes(value) {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return undefined;
}
