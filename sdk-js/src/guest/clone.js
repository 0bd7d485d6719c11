/**
 * `structuredClone` that keeps exact numbers, which the engine's own would make empty objects of, and the texts of others.
 */
import { copyTexts, isAnyNumberKept } from './json.js';
import { ExactNumber } from './numbers.js';
import { setOwn } from './objects.js';

/** @param {(value: any, options?: any) => any} native */
export function cloneWith(native) {
  return function structuredClone(/** @type {any} */ value, /** @type {any} */ options) {
    const clone = native(value, options);
    return isAnyNumberKept() ? restored(value, clone, new Set()) : clone;
  };
}

/**
 * @param {any} from
 * @param {any} to its clone
 * @param {Set<unknown>} seen
 */
function restored(from, to, seen) {
  if (ExactNumber.is(from)) return from;
  if (typeof from !== 'object' || from === null || ArrayBuffer.isView(from) || seen.has(from)) return to;
  seen.add(from);
  copyTexts(from, to);
  if (from instanceof Map) restoreEntries(from, to, seen);
  else if (from instanceof Set) restoreItems(from, to, seen);
  else restoreMembers(from, to, seen);
  return to;
}

/**
 * @param {Map<any, any>} from
 * @param {Map<any, any>} to
 * @param {Set<unknown>} seen
 */
function restoreEntries(from, to, seen) {
  const entries = [...to];
  to.clear();
  [...from].forEach(([key, value], index) => to.set(restored(key, entries[index][0], seen), restored(value, entries[index][1], seen)));
}

/**
 * @param {Set<any>} from
 * @param {Set<any>} to
 * @param {Set<unknown>} seen
 */
function restoreItems(from, to, seen) {
  const items = [...to];
  to.clear();
  [...from].forEach((item, index) => to.add(restored(item, items[index], seen)));
}

/**
 * @param {any} from
 * @param {any} to
 * @param {Set<unknown>} seen
 */
function restoreMembers(from, to, seen) {
  for (const key of Object.keys(from)) {
    if (!Object.hasOwn(to, key)) continue;
    const member = restored(from[key], to[key], seen);
    if (member !== to[key]) setOwn(to, key, member);
  }
}
