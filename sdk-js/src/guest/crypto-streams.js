/**
 * Lets hashes and signatures be written to as streams, as in node: packages feed them with `write` and `end`, and pipe into them.
 */
import { Hash, Hmac, Sign, Verify } from './crypto/node-crypto.js';

for (const { prototype } of /** @type {any[]} */ ([Hash, Hmac, Sign, Verify])) {
  Object.assign(prototype, {
    write,
    end,
    on,
    once: on,
    prependListener: on,
    addListener: on,
    emit: () => false,
    off: self,
    removeListener: self,
    listenerCount: () => 0,
  });
}

/** @this {any} @param {any[]} args data, its encoding, and what to call when it was taken */
function write(...args) {
  const callback = typeof args.at(-1) === 'function' ? args.pop() : undefined;
  this.update(...args);
  if (callback !== undefined) queueMicrotask(callback);
  return true;
}

/** @this {any} @param {any[]} args */
function end(...args) {
  const callback = typeof args.at(-1) === 'function' ? args.pop() : undefined;
  if (args[0] !== undefined && args[0] !== null) this.update(...args);
  for (const each of [callback, ...(this.finishers ?? [])]) if (each !== undefined) queueMicrotask(each);
  return this;
}

/**
 * @this {any}
 * @param {string} name
 * @param {Function} listener
 */
function on(name, listener) {
  if (name === 'finish' || name === 'close') Object.defineProperty(this, 'finishers', { value: [...(this.finishers ?? []), listener], configurable: true });
  return this;
}

/** @this {any} */
function self() {
  return this;
}
