/**
 * `WeakRef` that keeps what it refers to: an instance serves one call, in which the engine frees nothing. Its own one forgets at
 * once what nobody else holds, where the language promises it until the end of the turn.
 */
export class WeakRef {
  #target;

  /** @param {WeakKey} target */
  constructor(target) {
    if ((typeof target !== 'object' || target === null) && typeof target !== 'function' && typeof target !== 'symbol') {
      throw new TypeError('WeakRef needs an object');
    }
    this.#target = target;
  }

  deref() {
    return this.#target;
  }

  get [Symbol.toStringTag]() {
    return 'WeakRef';
  }
}
