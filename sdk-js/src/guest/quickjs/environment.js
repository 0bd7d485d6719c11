/**
 * What this engine lacks of the surface that connectors may use. Evaluated before everything else in a bundle.
 */
import './buffer.js';
import { bareConsole } from './console.js';
import { Promise } from './promise.js';
import { queueMicrotask } from './queue.js';
import { getRandomValues, random } from './random.js';
import { structuredClone } from './structured-clone.js';
import { TextDecoder, TextEncoder } from './text-encoding.js';
import { clearTimeout, setInterval, setTimeout } from './timers.js';
import { URLSearchParams } from './url-search-params.js';

const FRAMES_MAX = 40;

const surface = {
  Promise,
  queueMicrotask,
  TextEncoder,
  TextDecoder,
  URLSearchParams,
  setTimeout,
  setInterval,
  clearTimeout,
  clearInterval: clearTimeout,
  structuredClone,
  console: bareConsole,
  crypto: { getRandomValues },
};
for (const [name, value] of Object.entries(surface)) define(globalThis, name, value);
define(Math, 'random', random);
// It makes promises of the engine's own kind, which nothing here would ever settle.
Reflect.deleteProperty(Array, 'fromAsync');
// The engine's ten would be used up by what runs the call.
/** @type {any} */ (Error).stackTraceLimit = FRAMES_MAX;

/**
 * @param {object} owner
 * @param {string} name
 * @param {unknown} value
 */
function define(owner, name, value) {
  Object.defineProperty(owner, name, { value, writable: true, enumerable: false, configurable: true });
}
