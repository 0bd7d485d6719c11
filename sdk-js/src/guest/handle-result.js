/**
 * Turns what `handle` returned into the result of the contract, or explains what is wrong with it.
 * It never repairs: a guess at a selector could send one customer's events to another.
 */
import { describe, isRecord, isThenable } from './describe.js';
import { stringify } from './json.js';
import { numberText } from './numbers.js';
import { response } from './response.js';
import { refuseUnknownKeys } from './unknown-keys.js';

export const RESULT_KEYS = ['events', 'response'];
const EVENT_KEYS = ['selector', 'selectors', 'payload', 'id', 'orderingKey'];

/**
 * @param {unknown} returned
 * @returns {import('../../types/wit.js').HandleResult}
 */
export function handleResult(returned) {
  if (returned === undefined || returned === null) return { events: [], response: undefined };
  if (!isRecord(returned)) {
    throw new TypeError(
      `handle must return an object such as { events: [], response: {} }, but it returned ${describe(returned)}`,
    );
  }
  refuseUnknownKeys('handle returned', returned, RESULT_KEYS);
  return { events: events(returned.events ?? []), response: response(returned.response) };
}

/** @param {unknown} list */
function events(list) {
  if (!Array.isArray(list)) throw new TypeError(`events must be an array, but it is ${describe(list)}`);
  return list.map(routedEvent);
}

/**
 * @param {unknown} event
 * @param {number} index
 */
function routedEvent(event, index) {
  if (!isRecord(event)) {
    throw new TypeError(`events[${index}] must be an object { selector, payload }, but it is ${describe(event)}`);
  }
  refuseUnknownKeys(`events[${index}] has`, event, EVENT_KEYS);
  return {
    selectors: selectors(event, index),
    payload: payload(event.payload, index),
    id: optionalText(event.id, 'id', index),
    orderingKey: optionalText(event.orderingKey, 'orderingKey', index),
  };
}

/**
 * @param {Record<string, unknown>} event
 * @param {number} index
 */
function selectors(event, index) {
  if (event.selectors === undefined) return [text(event.selector, 'selector', index)];
  if (event.selector !== undefined) {
    throw new TypeError(`events[${index}] has both \`selector\` and \`selectors\`; give one of them`);
  }
  const list = event.selectors;
  if (!Array.isArray(list)) {
    throw new TypeError(`events[${index}].selectors must be an array of strings, but it is ${describe(list)}`);
  }
  if (list.length === 0) throw new TypeError(`events[${index}].selectors is empty; an event needs at least one selector`);
  // Array.from also visits the holes of a sparse array, which map() would pass on unchecked.
  return Array.from(list, (selector, at) => text(selector, `selectors[${at}]`, index));
}

/**
 * @param {unknown} value
 * @param {number} index of its event
 */
function payload(value, index) {
  if (isThenable(value)) throw new TypeError(`events[${index}].payload is a Promise; write \`await\` before it`);
  try {
    // undefined, functions and symbols have no JSON; what is delivered then is null.
    return stringify(value) ?? 'null';
  } catch (error) {
    throw new TypeError(
      `events[${index}].payload cannot be written as JSON: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/**
 * @param {unknown} value
 * @param {string} member
 * @param {number} index of its event
 */
function optionalText(value, member, index) {
  return value === undefined || value === null ? undefined : text(value, member, index);
}

/**
 * @param {unknown} value
 * @param {string} member
 * @param {number} index of its event
 */
function text(value, member, index) {
  const written = typeof value === 'string' ? value : numberText(value);
  if (written !== undefined) return written;
  throw new TypeError(`events[${index}].${member} must be a string, but it is ${describe(value)}`);
}
