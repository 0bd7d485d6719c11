/**
 * UTF-8 by what the engine does natively: a loop over bytes in JavaScript would take as long as all the rest of a call.
 * Text with one character for each byte (`binary`) is the way between bytes and text.
 */

const { toBase64 } = /** @type {any} */ (Uint8Array.prototype);
const { fromBase64 } = /** @type {any} */ (Uint8Array);
const { atob, btoa, escape, unescape } = globalThis;

const BEYOND_ASCII = /[^\0-\x7f]/;
const RUNS_BEYOND_ASCII = /[^\0-\x7f]+/g;
/** How much goes through an expression at once: it keeps its way back in memory, for each character of a run. */
const PIECE = 1 << 15;
const REPLACEMENT = '\uFFFD';

/**
 * @param {Uint8Array} bytes
 * @returns {string} one character for each byte
 */
export function binaryOf(bytes) {
  return atob(toBase64.call(bytes));
}

/**
 * @param {string} binary
 * @returns {Uint8Array}
 */
export function bytesOfBinary(binary) {
  return fromBase64.call(Uint8Array, btoa(binary));
}

/**
 * @param {string} text
 * @returns {Uint8Array}
 */
export function encodeUtf8(text) {
  if (!BEYOND_ASCII.test(text)) return bytesOfBinary(text);
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  let binary = '';
  for (let at = 0; at < whole.length; ) {
    const end = isCut(whole, at + PIECE) ? at + PIECE - 1 : at + PIECE;
    binary += whole.slice(at, end).replace(RUNS_BEYOND_ASCII, (/** @type {string} */ run) => unescape(encodeURIComponent(run)));
    at = end;
  }
  return bytesOfBinary(binary);
}

/**
 * @param {Uint8Array} bytes
 * @param {boolean} [isFatal] whether malformed bytes are an error instead of U+FFFD
 * @returns {string}
 */
export function decodeUtf8(bytes, isFatal = false) {
  const binary = binaryOf(bytes);
  if (!BEYOND_ASCII.test(binary)) return binary;
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const piece = bytes.subarray(at, at + PIECE);
    const isLast = at + PIECE >= bytes.length;
    const end = at + piece.length - (isLast ? 0 : unfinishedBytes(piece));
    // A run of bytes beyond ASCII holds whole characters, unless it is malformed anyway.
    text += binary.slice(at, end).replace(RUNS_BEYOND_ASCII, (run) => decodeRun(run, isFatal));
    at = end;
  }
  return text;
}

/**
 * Whether a cut at that place would divide a character.
 * @param {string} text
 * @param {number} at
 */
function isCut(text, at) {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff;
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
 * @param {string} run
 * @param {boolean} isFatal
 */
function decodeRun(run, isFatal) {
  try {
    return decodeURIComponent(escape(run));
  } catch {
    if (isFatal) throw new TypeError('The bytes are not valid UTF-8');
    return decodeMalformed(run);
  }
}

/**
 * As the Encoding standard has it: each longest piece that could begin a character becomes one U+FFFD.
 * @param {string} run
 */
function decodeMalformed(run) {
  let text = '';
  for (let at = 0; at < run.length; ) {
    const lead = run.charCodeAt(at);
    const length = lengthFrom(lead);
    let end = at + 1;
    while (end < at + length && end < run.length && continues(lead, end - at, run.charCodeAt(end))) end++;
    text += length > 1 && end === at + length ? decodeURIComponent(escape(run.slice(at, end))) : REPLACEMENT;
    at = end;
  }
  return text;
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

/**
 * Whether a byte may follow; after some first bytes the second is bounded more narrowly.
 * @param {number} lead
 * @param {number} position
 * @param {number} byte
 */
function continues(lead, position, byte) {
  let [low, high] = [0x80, 0xbf];
  if (position === 1) {
    if (lead === 0xe0) low = 0xa0;
    if (lead === 0xed) high = 0x9f;
    if (lead === 0xf0) low = 0x90;
    if (lead === 0xf4) high = 0x8f;
  }
  return byte >= low && byte <= high;
}
