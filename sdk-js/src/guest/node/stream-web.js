/** `node:stream/web`: what the engine has of it. */
const names = [
  'ReadableStream', 'ReadableStreamDefaultReader', 'ReadableStreamBYOBReader', 'ReadableStreamDefaultController', 'WritableStream',
  'TransformStream', 'ByteLengthQueuingStrategy', 'CountQueuingStrategy', 'CompressionStream', 'DecompressionStream',
];

export default Object.fromEntries(names.filter((name) => name in globalThis).map((name) => [name, /** @type {any} */ (globalThis)[name]]));
