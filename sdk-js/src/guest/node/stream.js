/** `node:stream`: node's own code, as a package. */
import Stream from 'readable-stream/lib/stream.js';
import promises from 'node:stream/promises';

export default Object.defineProperty(Stream, 'promises', { value: promises, enumerable: true, configurable: true });
