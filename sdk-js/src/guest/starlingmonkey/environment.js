/**
 * What this engine has from the host, for the time in which there is none: module-level code runs while the bundle is built.
 * Evaluated before everything else in a bundle.
 */
import { hasHost } from '../console.js';

const startedAt = Date.now();
const { random } = Math;
const now = performance.now.bind(performance);
const getRandomValues = crypto.getRandomValues.bind(crypto);

let state = startedAt % 2 ** 31 || 1;
let isWarned = false;

// What looks random, for code that only wants some: it is the same in every call, as `check` says.
replace(Math, 'random', () => (hasHost() ? random() : next() / 2 ** 32));
replace(crypto, 'getRandomValues', (/** @type {Uint8Array} */ view) => {
  if (hasHost()) return getRandomValues(view);
  warnOnce();
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength).forEach((_, index, bytes) => (bytes[index] = next() & 0xff));
  return view;
});
replace(performance, 'now', () => (hasHost() ? now() : Date.now() - startedAt));
// There is none, and to read it is a crash.
delete (/** @type {any} */ (globalThis).location);

/** By xorshift. */
function next() {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return state >>> 0;
}

function warnOnce() {
  if (isWarned) return;
  isWarned = true;
  console.warn('code at module level asks for random bytes: they are not secret, and the same in every call');
}

/**
 * @param {object} owner
 * @param {string} name
 * @param {Function} value
 */
function replace(owner, name, value) {
  Object.defineProperty(owner, name, { value, writable: true, enumerable: false, configurable: true });
}
