/**
 * `setTimeout` and its relatives. While a call waits for nothing but a timer, the instance sleeps in the host.
 */
// @ts-ignore: this module exists only inside the component.
import { sleep } from 'patchbay:engine';

/** @typedef {{ dueAt: number, run: () => void, everyMs?: number }} Timer */

/** @type {Map<number, Timer>} in the order in which they were set */
const timers = new Map();
let lastId = 0;

/**
 * @param {Function} callback
 * @param {number} [delayMs]
 * @param {...any} args
 */
export function setTimeout(callback, delayMs, ...args) {
  return add(callback, delayMs, args, false);
}

/**
 * @param {Function} callback
 * @param {number} [delayMs]
 * @param {...any} args
 */
export function setInterval(callback, delayMs, ...args) {
  return add(callback, delayMs, args, true);
}

/** @param {number} [id] */
export function clearTimeout(id) {
  timers.delete(Number(id));
}

/**
 * Sleeps until the next timer is due, and runs it. The engine calls this when a call waits for nothing else.
 * @returns {boolean} whether there was one
 */
export function runNextTimer() {
  const [id, timer] = next() ?? [];
  if (id === undefined || timer === undefined) return false;
  const waitMs = timer.dueAt - Date.now();
  if (waitMs > 0) sleep(waitMs);
  if (timer.everyMs === undefined) timers.delete(id);
  else timer.dueAt = Date.now() + timer.everyMs;
  try {
    timer.run();
  } catch (error) {
    // Nobody could catch it.
    console.error(error);
  }
  return true;
}

/**
 * @param {Function} callback
 * @param {number | undefined} delayMs
 * @param {any[]} args
 * @param {boolean} isRepeated
 */
function add(callback, delayMs, args, isRepeated) {
  if (typeof callback !== 'function') throw new TypeError('a timer needs a function');
  const delay = Math.max(Number(delayMs) || 0, isRepeated ? 1 : 0);
  const everyMs = isRepeated ? delay : undefined;
  timers.set(++lastId, { dueAt: Date.now() + delay, run: () => callback(...args), everyMs });
  return lastId;
}

/** @returns {[number, Timer] | undefined} */
function next() {
  /** @type {[number, Timer] | undefined} */
  let first;
  for (const each of timers) if (first === undefined || each[1].dueAt < first[1].dueAt) first = each;
  return first;
}
