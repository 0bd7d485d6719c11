/**
 * Writes the arguments of a `console` call as one text, much as node does: text as it is, objects as JSON.
 * Pure, and never throws: a log line must not be the reason why a handler fails.
 */
import { stringify } from './json.js';
import { ExactNumber } from './numbers.js';

/** @param {readonly unknown[]} args */
export function formatLine(args) {
  return args.map(formatValue).join(' ');
}

/** @param {unknown} value */
function formatValue(value) {
  try {
    if (typeof value === 'string') return value;
    if (typeof value === 'bigint') return `${value}n`;
    if (ExactNumber.is(value)) return String(value);
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    if (typeof value === 'object' && value !== null) return stringify(value, inner());
    if (typeof value === 'function') return `[Function: ${value.name || 'anonymous'}]`;
    return String(value);
  } catch {
    return '[unprintable]';
  }
}

/** A JSON replacer for what JSON does not know: circles, big integers, errors, maps and sets. */
function inner() {
  /** @type {unknown[]} */
  const ancestors = [];
  /**
   * @this {unknown}
   * @param {string} _key
   * @param {unknown} value
   */
  return function replace(_key, value) {
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value !== 'object' || value === null || ExactNumber.is(value)) return value;
    // `this` is the object that holds the value: what lies beyond it on the way is not an ancestor any more.
    while (ancestors.length > 0 && ancestors.at(-1) !== this) ancestors.pop();
    if (ancestors.includes(value)) return '[Circular]';
    ancestors.push(value);
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    if (value instanceof Map) return Object.fromEntries(value);
    if (value instanceof Set) return [...value];
    return value;
  };
}
