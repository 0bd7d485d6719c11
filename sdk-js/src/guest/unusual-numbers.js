/**
 * Whether a JSON text may hold a number that would not come out of `JSON.parse` and `JSON.stringify` as it is written.
 * Runs over every text that is parsed, so it is made of what engines search for fast, and may be wrong in one way: text
 * inside of a string may look like a number, which costs time and nothing else.
 */
const DIGIT = '[0-9]';
const END = '(?:[\\s,\\]}]|$)';
/** Repeated by hand: a counted repetition is a loop, which costs twenty times as much. */
const digits = (/** @type {number} */ count) => DIGIT.repeat(count);

const UNUSUAL = [
  // Sixteen digits, before the point or on both sides of it.
  `[:,[\\s]-?${digits(9)}(?:${DIGIT}*\\.|${digits(7)})`,
  // Zeros at the end of a fraction, many digits in it, or an exponent.
  `${DIGIT}(?:\\.(?:${DIGIT}*0${END}|${digits(8)}|000000)|[eE][-+]?${DIGIT}+${END})`,
  `-0${END}`,
  // A text that is nothing but a number.
  `^\\s*[-0-9]`,
].map((source) => new RegExp(source));

/** @param {string} text */
export function mayHoldUnusual(text) {
  return UNUSUAL.some((each) => each.test(text));
}
