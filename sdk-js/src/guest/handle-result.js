/**
 * Turns what `handle` returned into the result of the contract, or explains what is wrong with it.
 * It never repairs: a guess at a selector could send one customer's events to another. An event that cannot be used is
 * refused by itself.
 */
import { describe, isRecord, isThenable } from './describe.js';
import { stringify } from './json.js';
import { numberText } from './numbers.js';
import { response } from './response.js';
import { refuseUnknownKeys } from './unknown-keys.js';

export const RESULT_KEYS = ['events', 'response'];
const EVENT_KEYS = ['selector', 'selectors', 'payload', 'id', 'orderingKey'];
const MESSAGE_LENGTH_MAX = 500;
const HALF_CHARACTER = /[\uD800-\uDFFF]/u;
const HALF_CHARACTERS = /[\uD800-\uDFFF]/gu;

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
  // By index, so that the holes of a sparse array are seen.
  return Array.from({ length: list.length }, (_, index) => routedEvent(list, index));
}

/**
 * One event, or its refusal: what is wrong with one never costs the others of its request.
 * @param {unknown[]} list
 * @param {number} index
 */
function routedEvent(list, index) {
  try {
    return usable(list[index]);
  } catch (thrown) {
    return refused(thrown);
  }
}

/** @param {unknown} event */
function usable(event) {
  if (!isRecord(event) || isThenable(event)) {
    throw new Refusal('event', `it must be an object { selector, payload }, but it is ${describe(event)}`);
  }
  refuseUnknownKeys('it has', event, EVENT_KEYS);
  return {
    selectors: selectors(event),
    payload: payload(event),
    id: optionalText(event.id, 'id', 'id'),
    orderingKey: optionalText(event.orderingKey, 'orderingKey', 'ordering_key'),
  };
}

/** @param {Record<string, unknown>} event */
function selectors({ selector, selectors: list }) {
  if (list === undefined) return [selectorText(selector, 'selector')];
  if (selector !== undefined) throw new Refusal('selector', 'it has both `selector` and `selectors`; give one of them');
  if (!Array.isArray(list)) {
    throw new Refusal('selector', `\`selectors\` must be an array of strings, but it is ${describe(list)}`);
  }
  if (list.length === 0) throw new Refusal('selector', '`selectors` is empty; an event needs at least one selector');
  // Array.from also visits the holes of a sparse array, which map() would pass on unchecked.
  return Array.from(list, (each, at) => selectorText(each, `selectors[${at}]`));
}

/**
 * @param {unknown} value
 * @param {string} member
 */
function selectorText(value, member) {
  if (typeof value === 'string') return wellFormed(value, member, 'selector');
  throw new Refusal('selector', `\`${member}\` must be a string, but it is ${describe(value)}`);
}

/** @param {Record<string, unknown>} event */
function payload(event) {
  if (!('payload' in event)) return 'null';
  const value = event.payload;
  const text = asJson(value);
  if (text !== undefined) return text;
  throw new Refusal('payload', `\`payload\` has no JSON: it is ${describe(value)}`);
}

/** @param {unknown} value */
function asJson(value) {
  if (isThenable(value)) throw new Refusal('payload', '`payload` is a Promise; write `await` before it');
  try {
    return stringify(value);
  } catch (thrown) {
    throw new Refusal('payload', `\`payload\` cannot be written as JSON: ${messageOf(thrown)}`);
  }
}

/**
 * Whole numbers are taken as their digits where a number holds all of them.
 * @param {unknown} value
 * @param {string} member
 * @param {string} code
 */
function optionalText(value, member, code) {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return wellFormed(value, member, code);
  const digits = numberText(value);
  if (digits !== undefined) return digits;
  throw new Refusal(code, `\`${member}\` must be a string or a whole number below 2^53, but it is ${describe(value)}`);
}

/**
 * Half a character becomes the same replacement character in whatever text it stands, so two ids would become one.
 * @param {string} text
 * @param {string} member
 * @param {string} code
 */
function wellFormed(text, member, code) {
  if (!HALF_CHARACTER.test(text)) return text;
  throw new Refusal(code, `\`${member}\` holds half a character (a lone surrogate)`);
}

/** Why one event cannot be used. */
class Refusal extends Error {
  /**
   * @param {string} part
   * @param {string} message
   */
  constructor(part, message) {
    super(message);
    this.code = `${part}_refused`;
  }
}

/**
 * How the contract says that an event is refused: without selectors, the reason for a payload.
 * @param {unknown} thrown
 */
function refused(thrown) {
  const reason = { code: thrown instanceof Refusal ? thrown.code : 'event_refused', message: messageOf(thrown) };
  return { selectors: [], payload: JSON.stringify(reason), id: undefined, orderingKey: undefined };
}

/**
 * Never throws: a getter of the author's may have thrown anything.
 * @param {unknown} thrown
 */
function messageOf(thrown) {
  try {
    const message = String(thrown instanceof Error ? thrown.message : thrown);
    return message.slice(0, MESSAGE_LENGTH_MAX).replace(HALF_CHARACTERS, '\uFFFD');
  } catch {
    return 'an error that cannot be shown';
  }
}
