/**
 * `node:async_hooks`. An instance serves one call, so a store that is set stays what it is until what was run with it has
 * ended; a second one beside it is refused, because nobody could say which of them an `await` goes on in.
 */
class AsyncLocalStorage {
  /** @type {unknown} */
  #store;
  #running = 0;

  getStore() {
    return this.#store;
  }

  /** @param {unknown} store */
  enterWith(store) {
    this.#store = store;
  }

  disable() {
    this.#store = undefined;
  }

  /**
   * @param {unknown} store
   * @param {Function} callback
   * @param {...any} args
   */
  run(store, callback, ...args) {
    if (this.#running > 0 && store !== this.#store) {
      throw new Error('AsyncLocalStorage holds one store at a time in a connector: await what runs with the other one first');
    }
    const before = this.#store;
    this.#store = store;
    const end = () => (this.#store = before);
    try {
      const returned = callback(...args);
      if (typeof returned?.then !== 'function') return end(), returned;
      this.#running++;
      const settled = () => (this.#running--, end());
      returned.then(settled, settled);
      return returned;
    } catch (error) {
      end();
      throw error;
    }
  }

  /**
   * @param {Function} callback
   * @param {...any} args
   */
  exit(callback, ...args) {
    return this.run(undefined, callback, ...args);
  }

  static bind(/** @type {Function} */ callback) {
    return callback;
  }

  static snapshot() {
    return (/** @type {Function} */ callback, /** @type {any[]} */ ...args) => callback(...args);
  }
}

class AsyncResource {
  /**
   * @param {Function} callback
   * @param {unknown} [self]
   * @param {...any} args
   */
  runInAsyncScope(callback, self, ...args) {
    return callback.apply(self, args);
  }

  bind(/** @type {Function} */ callback) {
    return callback;
  }

  emitDestroy() {
    return this;
  }

  asyncId() {
    return 1;
  }

  triggerAsyncId() {
    return 0;
  }

  static bind(/** @type {Function} */ callback) {
    return callback;
  }
}

export default { AsyncLocalStorage, AsyncResource, executionAsyncId: () => 1, triggerAsyncId: () => 0 };
