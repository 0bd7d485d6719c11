/**
 * UTF-8 and text with one character for each byte (`binary`), by the engine: a loop over bytes in JavaScript would take as
 * long as all the rest of a call.
 */
// @ts-ignore: this module exists only inside the component.
import * as engine from 'patchbay:engine';

/** @type {(bytes: Uint8Array) => string} one character for each byte */
export const binaryOf = engine.decodeLatin1;

/** @type {(binary: string) => Uint8Array} */
export const bytesOfBinary = engine.encodeLatin1;

/** @type {(text: string) => Uint8Array} half of a surrogate pair becomes U+FFFD */
export const encodeUtf8 = engine.encodeUtf8;

/**
 * @param {Uint8Array} bytes
 * @param {boolean} [isFatal] whether malformed bytes are an error instead of U+FFFD
 * @returns {string}
 */
export function decodeUtf8(bytes, isFatal = false) {
  const text = engine.decodeUtf8(bytes, isFatal);
  if (text === undefined) throw new TypeError('The bytes are not valid UTF-8');
  return text;
}

/**
 * How many bytes at the end are the beginning of a character whose rest may still come.
 * @param {Uint8Array} bytes
 */
export function unfinishedBytes(bytes) {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < lengthFrom(byte) ? back : 0;
  }
  return 0;
}

/**
 * How long the character is that begins with this byte; 0 if none does.
 * @param {number} lead
 */
function lengthFrom(lead) {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}
