/**
 * Words for values in error messages: what somebody gave where something else was expected.
 * Never throws, whatever the value, and never prints more than a little of it.
 */
import { ExactNumber } from './numbers.js';

const TEXT_SHOWN_MAX = 40;

/**
 * @param {unknown} value
 * @returns {string} for example `undefined`, `the number 5`, `an array`
 */
export function describe(value) {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return 'an array';
  if (ExactNumber.is(value)) return `the number ${shorten(String(value))}`;
  if (isThenable(value)) return 'a Promise (is an `await` missing?)';
  switch (typeof value) {
    case 'string':
      return `the text ${JSON.stringify(shorten(value))}`;
    case 'number':
    case 'boolean':
    case 'bigint':
      return `the ${typeof value} ${value}`;
    case 'function':
      return 'a function';
    case 'symbol':
      return 'a symbol';
    default:
      return 'an object';
  }
}

/**
 * Whether the value is an object with members, as opposed to a list or a scalar.
 * @param {unknown} value
 * @returns {value is Record<string, any>}
 */
export function isRecord(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param {unknown} value */
export function isThenable(value) {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** @param {string} text */
function shorten(text) {
  return text.length > TEXT_SHOWN_MAX ? `${text.slice(0, TEXT_SHOWN_MAX)}…` : text;
}
