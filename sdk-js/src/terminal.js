/**
 * Everything that the SDK writes to a terminal. Names, specs, code and requests come from strangers: what could move the
 * cursor, change a title or turn the direction of text is written as its code point, such as `\\u{1b}`.
 * No other file writes to stdout or stderr.
 */

/** Control characters but tab and line feed, and the marks that turn the direction of text. */
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** @param {string} text */
export function printable(text) {
  return text.replaceAll('\r\n', '\n').replace(UNSAFE, (each) => `\\u{${(each.codePointAt(0) ?? 0).toString(16)}}`);
}

/**
 * The same in one line.
 * @param {string} text
 */
export function printableLine(text) {
  return printable(text.replace(/\s*[\r\n]+\s*/g, ' '));
}

/** @param {string} text */
export function writeOut(text) {
  process.stdout.write(printable(text));
}

/** @param {string} text */
export function writeError(text) {
  process.stderr.write(printable(text));
}
