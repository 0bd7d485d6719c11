/**
 * `JSON.parse` and `JSON.stringify` that change no number: what a JavaScript number cannot hold is a BigInt or an
 * `ExactNumber` (numbers.js), and what would be written otherwise (`1.0`, `1e3`, `-0`) is written as it came for as long as
 * it stays in its object. Everything else is as the language has it, and as fast where a text holds no such number.
 */
import { ExactNumber, numberOf } from './numbers.js';
import { mayHoldUnusual } from './unusual-numbers.js';

const { parse: nativeParse, stringify: nativeStringify, rawJSON } = /** @type {any} */ (JSON);

/** Numbers by the object and the key that hold them, with their text. @type {WeakMap<object, Map<string, { value: unknown, text: string }>>} */
const written = new WeakMap();
/** Whether there is anything that the engine alone would not write as it came. */
let isAnyKept = false;

/**
 * Whether what was parsed last may hold an unusual number. An engine may know better than this search.
 * @type {(text: string) => boolean}
 */
let holdsUnusual = mayHoldUnusual;

/** The same of the body of the request. @type {(text: string) => boolean} */
let bodyHoldsUnusual = (text) => holdsUnusual(text);

/** @param {typeof holdsUnusual} answer asked after the text was parsed */
export function detectNumbersBy(answer) {
  holdsUnusual = answer;
}

/** @param {typeof bodyHoldsUnusual} answer */
export function detectBodyNumbersBy(answer) {
  bodyHoldsUnusual = answer;
}

/**
 * @param {string} text
 * @param {((this: any, key: string, value: any, context: any) => any) | null} [reviver]
 * @returns {any}
 */
export function parse(text, reviver) {
  const json = `${text}`;
  if (typeof reviver === 'function') {
    return nativeParse(json, /** @this {any} */ function (/** @type {string} */ key, /** @type {any} */ value, /** @type {any} */ context) {
      return reviver.call(this, key, kept(this, key, value, context), context);
    });
  }
  const value = nativeParse(json);
  return holdsUnusual(json) ? nativeParse(json, keep) : value;
}

/** @param {string} text the body of the request */
export function parseBody(text) {
  const value = nativeParse(text);
  return bodyHoldsUnusual(text) ? nativeParse(text, keep) : value;
}

/**
 * @param {any} value
 * @param {((this: any, key: string, value: any) => any) | readonly (string | number)[] | null} [replacer]
 * @param {string | number | null} [space]
 * @returns {string | undefined}
 */
export function stringify(value, replacer, space) {
  if (!isAnyKept) {
    try {
      return nativeStringify(value, replacer, space);
    } catch (error) {
      if (!isAboutBigInt(error)) throw error;
    }
  }
  return nativeStringify(value, withRawNumbers(replacer), space);
}

/** Whether a copy of a value may need `copyTexts`. */
export function isAnyNumberKept() {
  return isAnyKept;
}

/**
 * Lets numbers that were copied from one object to another be written as they came.
 * @param {object} from
 * @param {object} to
 */
export function copyTexts(from, to) {
  const texts = written.get(from);
  if (texts !== undefined) written.set(to, new Map(texts));
}

/** @type {(this: any, key: string, value: any, context: any) => any} */
function keep(key, value, context) {
  return kept(this, key, value, context);
}

/**
 * @param {object} holder
 * @param {string} key
 * @param {any} value
 * @param {{ source?: string }} [context]
 */
function kept(holder, key, value, { source } = {}) {
  if (typeof value !== 'number' || source === undefined) return value;
  const number = numberOf(source);
  if (ExactNumber.is(number)) isAnyKept = true;
  else if (String(number) !== source) remember(holder, key, number, source);
  return number;
}

/**
 * @param {object} holder
 * @param {string} key
 * @param {unknown} value
 * @param {string} text
 */
function remember(holder, key, value, text) {
  const texts = written.get(holder) ?? new Map();
  written.set(holder, texts.set(key, { value, text }));
  isAnyKept = true;
}

/**
 * A replacer that has each number written as it came, after the author's own.
 * @param {Parameters<typeof stringify>[1]} replacer
 */
function withRawNumbers(replacer) {
  const names = Array.isArray(replacer) ? new Set(replacer.filter(isName).map(String)) : undefined;
  return /** @this {any} */ function (/** @type {string} */ key, /** @type {any} */ value) {
    const replaced = typeof replacer === 'function' ? replacer.call(this, key, value) : value;
    const raw = rawNumber(this, key, replaced);
    return names === undefined ? raw : withNames(raw, names);
  };
}

/**
 * @param {object} holder
 * @param {string} key
 * @param {unknown} value
 */
function rawNumber(holder, key, value) {
  if (typeof value === 'number' || typeof value === 'bigint') {
    const known = written.get(holder)?.get(key);
    if (known !== undefined && Object.is(known.value, value)) return rawJSON(known.text);
    return typeof value === 'bigint' ? rawJSON(String(value)) : value;
  }
  return ExactNumber.is(value) ? rawJSON(String(value)) : value;
}

/**
 * What a list of names leaves of an object, in the order of the list.
 * @param {any} value
 * @param {Set<string>} names
 */
function withNames(value, names) {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value) && !/** @type {any} */ (JSON).isRawJSON(value);
  if (!isObject || value instanceof String || value instanceof Number || value instanceof Boolean) return value;
  const picked = Object.fromEntries([...names].filter((name) => Object.hasOwn(value, name)).map((name) => [name, value[name]]));
  copyTexts(value, picked);
  return picked;
}

/** @param {unknown} name */
function isName(name) {
  return typeof name === 'string' || typeof name === 'number' || name instanceof String || name instanceof Number;
}

/** @param {unknown} error */
function isAboutBigInt(error) {
  return error instanceof TypeError && /bigint/i.test(error.message);
}
