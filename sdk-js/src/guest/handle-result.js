/**
 * Turns what `handle` returned into the result of the contract, or explains what is wrong with it.
 * It never repairs: a guess at a selector could send one customer's events to another.
 */
import { describe, isRecord, isThenable } from './describe.js';
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
  return list.map((event, index) => routedEvent(event, `events[${index}]`));
}

/**
 * @param {unknown} event
 * @param {string} where
 */
function routedEvent(event, where) {
  if (!isRecord(event)) {
    throw new TypeError(`${where} must be an object { selector, payload }, but it is ${describe(event)}`);
  }
  refuseUnknownKeys(`${where} has`, event, EVENT_KEYS);
  return {
    selectors: selectors(event, where),
    payload: payload(event.payload, `${where}.payload`),
    id: optionalText(event.id, `${where}.id`),
    orderingKey: optionalText(event.orderingKey, `${where}.orderingKey`),
  };
}

/**
 * @param {Record<string, unknown>} event
 * @param {string} where
 */
function selectors(event, where) {
  if (event.selectors === undefined) return [text(event.selector, `${where}.selector`)];
  if (event.selector !== undefined) {
    throw new TypeError(`${where} has both \`selector\` and \`selectors\`; give one of them`);
  }
  const list = event.selectors;
  if (!Array.isArray(list)) {
    throw new TypeError(`${where}.selectors must be an array of strings, but it is ${describe(list)}`);
  }
  if (list.length === 0) throw new TypeError(`${where}.selectors is empty; an event needs at least one selector`);
  // Array.from also visits the holes of a sparse array, which map() would pass on unchecked.
  return Array.from(list, (selector, index) => text(selector, `${where}.selectors[${index}]`));
}

/**
 * @param {unknown} value
 * @param {string} where
 */
function payload(value, where) {
  if (isThenable(value)) throw new TypeError(`${where} is a Promise; write \`await\` before it`);
  try {
    // undefined, functions and symbols have no JSON; what is delivered then is null.
    return JSON.stringify(value) ?? 'null';
  } catch (error) {
    throw new TypeError(`${where} cannot be written as JSON: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * @param {unknown} value
 * @param {string} where
 */
function optionalText(value, where) {
  return value === undefined || value === null ? undefined : text(value, where);
}

/**
 * @param {unknown} value
 * @param {string} where
 */
function text(value, where) {
  if (typeof value !== 'string') throw new TypeError(`${where} must be a string, but it is ${describe(value)}`);
  return value;
}
