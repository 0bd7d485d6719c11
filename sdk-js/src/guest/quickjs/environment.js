/**
 * What this engine lacks of the surface that connectors may use. Evaluated before everything else in a bundle.
 */
// @ts-ignore: this module exists only inside the component.
import { sawUnusualNumber } from 'patchbay:engine';
import { detectNumbersBy } from '../json.js';
import './buffer.js';
import { bareConsole } from './console.js';
import { getRandomValues, random } from './random.js';
import { structuredClone } from './structured-clone.js';
import { TextDecoder, TextEncoder } from './text-encoding.js';
import { clearTimeout, setInterval, setTimeout } from './timers.js';
import { URLSearchParams } from './url-search-params.js';
import { WeakRef } from './weak-ref.js';

const FRAMES_MAX = 40;

const surface = {
  queueMicrotask,
  TextEncoder,
  TextDecoder,
  URLSearchParams,
  setTimeout,
  setInterval,
  clearTimeout,
  clearInterval: clearTimeout,
  structuredClone,
  WeakRef,
  console: bareConsole,
  crypto: { getRandomValues },
};
for (const [name, value] of Object.entries(surface)) define(globalThis, name, value);
define(Math, 'random', random);
detectNumbersBy(sawUnusualNumber);
// The engine's ten would be used up by what runs the call.
/** @type {any} */ (Error).stackTraceLimit = FRAMES_MAX;

/** @param {() => void} callback */
function queueMicrotask(callback) {
  if (typeof callback !== 'function') throw new TypeError('queueMicrotask needs a function');
  // Nobody could catch it: it belongs into the log, and what else waits goes on.
  Promise.resolve().then(callback).catch((error) => console.error(error));
}

/**
 * @param {object} owner
 * @param {string} name
 * @param {unknown} value
 */
function define(owner, name, value) {
  Object.defineProperty(owner, name, { value, writable: true, enumerable: false, configurable: true });
}
