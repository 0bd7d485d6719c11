/** `node:util`: the browserify package, and what node has added since. */
import comparisons from 'assert/build/internal/util/comparisons.js';
import util from 'util/';

const CUSTOM = Symbol.for('nodejs.util.promisify.custom');
const CONTROL = /[\u001B\u009B][[\]()#;?]*(?:(?:(?:[-a-zA-Z\d/#&.:=?%@~_]*)?\u0007)|(?:(?:\d{1,4}(?:;\d{0,4})*)?[\dA-PR-TZcf-ntqry=><~]))/g;

/** @param {any} original a function whose last argument is a callback */
function promisify(original) {
  if (typeof original !== 'function') throw Object.assign(new TypeError('The "original" argument must be of type function'), { code: 'ERR_INVALID_ARG_TYPE' });
  if (original[CUSTOM] !== undefined) return original[CUSTOM];
  /** @this {unknown} @param {any[]} args */
  function promised(...args) {
    return new Promise((resolve, reject) => {
      original.call(this, ...args, (/** @type {unknown} */ error, /** @type {unknown} */ value) => (error ? reject(error) : resolve(value)));
    });
  }
  Object.setPrototypeOf(promised, Object.getPrototypeOf(original));
  return Object.defineProperties(promised, Object.getOwnPropertyDescriptors(original));
}

const types = {
  ...util.types,
  isExternal: () => false,
  isProxy: () => false,
  isModuleNamespaceObject: (/** @type {unknown} */ value) => Object.prototype.toString.call(value) === '[object Module]',
};
promisify.custom = CUSTOM;
util.inspect.custom = Symbol.for('nodejs.util.inspect.custom');
util.inspect.defaultOptions = {};

export default Object.assign(util, {
  TextDecoder,
  TextEncoder,
  promisify,
  types,
  debug: util.debuglog,
  formatWithOptions: (/** @type {unknown} */ _options, /** @type {any[]} */ ...args) => util.format(...args),
  isDeepStrictEqual: comparisons.isDeepStrictEqual,
  stripVTControlCharacters: (/** @type {string} */ text) => text.replace(CONTROL, ''),
  styleText: (/** @type {unknown} */ _format, /** @type {string} */ text) => text,
  toUSVString: (/** @type {unknown} */ text) => /** @type {any} */ (String(text)).toWellFormed(),
});
