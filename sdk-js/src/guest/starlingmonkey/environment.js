/**
 * What this engine has from the host, for the time in which there is none: module-level code runs while the bundle is built.
 * Evaluated before everything else in a bundle.
 */
import { hasHost } from '../console.js';

const startedAt = Date.now();
const { random } = Math;
const now = performance.now.bind(performance);

let state = startedAt % 2 ** 31 || 1;

// Numbers that look random, for what only wants some: they are the same in every call, as `check` says. (xorshift)
replace(Math, 'random', () => {
  if (hasHost()) return random();
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) / 2 ** 32;
});
replace(performance, 'now', () => (hasHost() ? now() : Date.now() - startedAt));
// There is none, and to read it is a crash.
delete (/** @type {any} */ (globalThis).location);

/**
 * @param {object} owner
 * @param {string} name
 * @param {Function} value
 */
function replace(owner, name, value) {
  Object.defineProperty(owner, name, { value, writable: true, enumerable: false, configurable: true });
}
