/** `node:stream/promises`. */
export { default } from 'readable-stream/lib/stream/promises.js';
