/**
 * Puts in place what handlers expect to find without importing it. Evaluated before any file of the author.
 * What the engine brings itself (URL, TextEncoder, atob, setTimeout, structuredClone …) is left as it is.
 */
import { installConsole } from './console.js';
import { createHmac } from './crypto/node-crypto.js';
import { crypto } from './crypto/web-crypto.js';
import { cloneWith } from './clone.js';
import { clearImmediate, setImmediate } from './immediate.js';
import { parse, stringify } from './json.js';
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
provide('structuredClone', cloneWith(structuredClone));
provide('parse', parse, JSON);
provide('stringify', stringify, JSON);
for (const body of [globalThis.Response, globalThis.Request]) if (body !== undefined) provide('json', json, body.prototype);
installConsole();

/** @this {Response | Request} */
async function json() {
  return parse(await this.text());
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {object} [owner]
 */
function provide(name, value, owner = globalThis) {
  Object.defineProperty(owner, name, { value, writable: true, enumerable: false, configurable: true });
}
