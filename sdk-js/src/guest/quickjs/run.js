/**
 * Runs an async call to its end: promises, then timers, until the result is there.
 * What leaves is what the bindings of this engine take: the result returned, or the failure thrown, as plain values.
 */
import { drain, takeOver } from './queue.js';
import { forgetRandom } from './random.js';
import { runNextTimer } from './timers.js';
import { wellFormed } from './well-formed.js';

const STALLED = {
  name: 'Error',
  message: 'the function awaits something that can never happen: a promise that nothing settles, with no timer pending',
  stack: undefined,
};

/**
 * @template T
 * @typedef {import('../connector.js').Outcome<T>} Outcome
 */

/**
 * @template T
 * @param {() => Outcome<T> | Promise<Outcome<T>>} call
 * @returns {T}
 */
export function run(call) {
  takeOver();
  forgetRandom();
  /** @type {any} */
  let outcome;
  const returned = call();
  if ('tag' in returned) outcome = returned;
  else returned.then((settled) => (outcome = settled));
  drain();
  while (outcome === undefined && runNextTimer()) drain();
  const { tag, val } = outcome ?? { tag: 'err', val: STALLED };
  if (tag === 'ok') return wellFormed(val);
  throw wellFormed(val);
}
