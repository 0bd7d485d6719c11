/**
 * `responseHandlers` of auth/make-api-client.js: which responses of the external app are a success, and what they mean.
 * The host applies those of a mapping; here they are values, or functions of the response.
 */
import { describe, isRecord } from './describe.js';
import { refuseUnknownKeys } from './unknown-keys.js';

const KEYS = ['match', 'isSuccess', 'data', 'error'];
const ERROR_KEYS = ['message', 'key', 'data'];

/** @typedef {{ status: number, headers: Record<string, string>, data: any }} Answer */

/**
 * The verdict of the first handler that matches; undefined if none does.
 * @param {unknown} handlers
 * @param {Answer} answer
 * @returns {{ isSuccess: boolean, data?: { value: unknown }, error: Record<string, any> } | undefined}
 */
export function verdictOn(handlers, answer) {
  if (handlers === undefined || handlers === null) return undefined;
  if (!Array.isArray(handlers)) throw new TypeError(`responseHandlers must be a list, but it is ${describe(handlers)}`);
  for (const [index, handler] of handlers.entries()) {
    const place = `responseHandlers[${index}]`;
    if (!isRecord(handler)) throw new TypeError(`${place} must be an object, but it is ${describe(handler)}`);
    refuseUnknownKeys(`${place} has`, handler, KEYS);
    if (handler.match === undefined) throw new TypeError(`${place} has no \`match\`; \`match: true\` matches every response`);
    const value = (/** @type {string} */ key) => valueOf(`${place}.${key}`, handler[key], answer);
    if (!value('match')) continue;
    if (value('isSuccess')) return { isSuccess: true, data: 'data' in handler ? { value: value('data') } : undefined, error: {} };
    return { isSuccess: false, error: errorOf(`${place}.error`, value('error'), answer) };
  }
  return undefined;
}

/**
 * @param {string} place
 * @param {unknown} error
 * @param {Answer} answer
 */
function errorOf(place, error, answer) {
  if (error === undefined || error === null) return {};
  if (!isRecord(error)) throw new TypeError(`${place} must be an object, but it is ${describe(error)}`);
  refuseUnknownKeys(`${place} has`, error, ERROR_KEYS);
  return Object.fromEntries(Object.entries(error).map(([key, value]) => [key, valueOf(`${place}.${key}`, value, answer)]));
}

/**
 * @param {string} place
 * @param {unknown} value
 * @param {Answer} answer
 */
function valueOf(place, value, answer) {
  if (typeof value === 'function') return value(answer);
  if (isRecord(value) && Object.keys(value)[0]?.startsWith('$')) {
    throw new TypeError(`${place} is a formula, which JavaScript does not evaluate: write a function, ({ status, headers, data }) => …, or use make-api-client.map.yml`);
  }
  return value;
}
