/**
 * Numbers that JSON can write and a JavaScript number cannot hold. Such a number becomes a BigInt if it is whole, else an
 * `ExactNumber`; nothing is rounded in silence.
 * Pure.
 */

/**
 * A number with more digits than a JavaScript number holds. As text it is what was written, in arithmetic it is the nearest
 * double, and where JavaScript would have to guess which of these is meant (`+`, `==`) it throws.
 */
export class ExactNumber {
  /** One for each text, so that `===` compares the texts. @type {Map<string, ExactNumber>} */
  static #known = new Map();
  #text;

  /** @param {string} text */
  constructor(text) {
    this.#text = text;
    Object.freeze(this);
  }

  /** @param {string} text */
  static of(text) {
    const known = ExactNumber.#known.get(text) ?? new ExactNumber(text);
    ExactNumber.#known.set(text, known);
    return known;
  }

  /**
   * @param {unknown} value
   * @returns {value is ExactNumber}
   */
  static is(value) {
    return typeof value === 'object' && value !== null && #text in value;
  }

  toString() {
    return this.#text;
  }

  /** @param {string} hint */
  [Symbol.toPrimitive](hint) {
    if (hint === 'string') return this.#text;
    if (hint === 'number') return Number(this.#text);
    throw new TypeError(`${this.#text} has more digits than a number holds: write String(…) to keep it as it is, or Number(…) to round it`);
  }
}

/**
 * The number that stands in a JSON text: a number if that says what is written, else a BigInt or an `ExactNumber`.
 * @param {string} text
 * @returns {number | bigint | ExactNumber}
 */
export function numberOf(text) {
  const value = Number(text);
  if (String(value) === text && !isUnsafe(value)) return value;
  const { sign, digits, exponent } = decimalOf(text);
  if (isUnsafe(value) && exponent >= 0) return BigInt(`${sign}${digits}${'0'.repeat(exponent)}`);
  return isOf(value, digits, exponent) ? value : ExactNumber.of(text);
}

/**
 * The text of a whole number that may be an id; nothing for what is none, or was rounded already.
 * @param {unknown} value
 * @returns {string | undefined}
 */
export function numberText(value) {
  return typeof value === 'bigint' || Number.isSafeInteger(value) || ExactNumber.is(value) ? String(value) : undefined;
}

/** @param {number} value */
function isUnsafe(value) {
  return Number.isInteger(value) && !Number.isSafeInteger(value);
}

/**
 * Whether the text of a double says the same as a decimal. A double that is merely near would stand for several ids.
 * @param {number} value
 * @param {string} digits
 * @param {number} exponent
 */
function isOf(value, digits, exponent) {
  if (value === 0) return digits === '';
  const written = decimalOf(String(value));
  return written.digits === digits && written.exponent === exponent;
}

/**
 * A decimal as its digits, without zeros at either end, times a power of ten.
 * @param {string} text
 */
function decimalOf(text) {
  const [mantissa, power = '0'] = text.split(/e/i);
  const sign = mantissa.startsWith('-') ? '-' : '';
  const [whole, fraction = ''] = mantissa.slice(sign.length).split('.');
  const all = whole + fraction;
  let [start, end] = [0, all.length];
  while (all[start] === '0') start++;
  while (end > start && all[end - 1] === '0') end--;
  return { sign, digits: all.slice(start, end), exponent: Number(power) - fraction.length + all.length - end };
}
