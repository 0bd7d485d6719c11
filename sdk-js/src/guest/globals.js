/**
 * Puts in place what handlers expect to find without importing it. Evaluated before any file of the author.
 * What the engine brings itself (URL, TextEncoder, atob, setTimeout, structuredClone …) is left as it is.
 */
import { installConsole } from './console.js';
import { createHmac } from './crypto/node-crypto.js';
import { crypto } from './crypto/web-crypto.js';
import { clearImmediate, setImmediate } from './immediate.js';
import { Buffer } from './node-buffer.js';
import { process } from './process.js';

provide('Buffer', Buffer);
provide('crypto', crypto);
provide('createHmac', createHmac);
provide('process', process);
provide('setImmediate', setImmediate);
provide('clearImmediate', clearImmediate);
provide('self', globalThis);
provide('fetch', async () => {
  throw new Error(
    'fetch is not available in a connector: requests go through `apiClient`, which get-event-selector is given',
  );
});
installConsole();

/**
 * @param {string} name
 * @param {unknown} value
 */
function provide(name, value) {
  Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
}
