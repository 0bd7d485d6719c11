/**
 * `Promise` as the language defines it, on a queue that can be emptied from inside (see queue.js).
 * Async functions use it too, because the bundler writes them as generators.
 */
import { enqueue } from './queue.js';

/** @typedef {{ promise: any, resolve: (value: any) => void, reject: (reason: any) => void }} Capability */

class QueuedPromise {
  /** @type {'pending' | 'fulfilled' | 'rejected'} */
  #state = 'pending';
  /** @type {any} */
  #value;
  /** @type {(() => void)[] | undefined} what waits for the outcome */
  #waiting;

  /** @param {(resolve: (value?: any) => void, reject: (reason?: any) => void) => void} executor */
  constructor(executor) {
    if (typeof executor !== 'function') throw new TypeError('Promise needs a function');
    this.#run(executor);
  }

  static get [Symbol.species]() {
    return this;
  }

  /** @param {any} [value] */
  static resolve(value) {
    if (typeof value === 'object' && value !== null && #state in value && value.constructor === this) return value;
    const { promise, resolve } = capability(this);
    resolve(value);
    return promise;
  }

  /** @param {any} [reason] */
  static reject(reason) {
    const { promise, reject } = capability(this);
    reject(reason);
    return promise;
  }

  static withResolvers() {
    return capability(this);
  }

  /**
   * @param {Function} callback
   * @param {...any} args
   */
  static try(callback, ...args) {
    const { promise, resolve, reject } = capability(this);
    try {
      resolve(callback(...args));
    } catch (error) {
      reject(error);
    }
    return promise;
  }

  /** @param {Iterable<any>} all */
  static all(all) {
    return gather(this, all, (slot, { reject }) => [slot.settle, reject]);
  }

  /** @param {Iterable<any>} all */
  static allSettled(all) {
    return gather(this, all, ({ settle }) => [
      (value) => settle({ status: 'fulfilled', value }),
      (reason) => settle({ status: 'rejected', reason }),
    ]);
  }

  /** @param {Iterable<any>} all */
  static any(all) {
    const finish = (/** @type {any[]} */ reasons, /** @type {Capability} */ { reject }) =>
      reject(new AggregateError(reasons, 'All promises were rejected'));
    return gather(this, all, (slot, { resolve }) => [resolve, slot.settle], finish);
  }

  /** @param {Iterable<any>} all */
  static race(all) {
    return gather(this, all, (_slot, { resolve, reject }) => [resolve, reject], () => undefined);
  }

  /**
   * @param {any} [onFulfilled]
   * @param {any} [onRejected]
   */
  then(onFulfilled, onRejected) {
    const kind = speciesOf(this);
    // The usual case does without two closures for each step of an async function.
    const next = kind === QueuedPromise ? ownCapability() : capability(kind);
    const react = () => {
      const handler = this.#state === 'fulfilled' ? onFulfilled : onRejected;
      try {
        if (typeof handler === 'function') next.resolve(handler(this.#value));
        else if (this.#state === 'fulfilled') next.resolve(this.#value);
        else next.reject(this.#value);
      } catch (error) {
        next.reject(error);
      }
    };
    if (this.#state !== 'pending') enqueue(react);
    else (this.#waiting ??= []).push(react);
    return next.promise;
  }

  /** @param {any} [onRejected] */
  catch(onRejected) {
    return this.then(undefined, onRejected);
  }

  /** @param {any} [onFinally] */
  finally(onFinally) {
    if (typeof onFinally !== 'function') return this.then(onFinally, onFinally);
    const kind = speciesOf(this);
    return this.then(
      (/** @type {any} */ value) => kind.resolve(onFinally()).then(() => value),
      (/** @type {any} */ reason) =>
        kind.resolve(onFinally()).then(() => {
          throw reason;
        }),
    );
  }

  /** @param {Function} executor */
  #run(executor) {
    let isResolved = false;
    const once = (/** @type {(value: any) => void} */ act) => (/** @type {any} */ value) => {
      if (isResolved) return;
      isResolved = true;
      act(value);
    };
    const reject = once((reason) => this.#settle('rejected', reason));
    try {
      executor(once((value) => this.#resolve(value)), reject);
    } catch (error) {
      reject(error);
    }
  }

  /** @param {any} value */
  #resolve(value) {
    if (value === this) return this.#settle('rejected', new TypeError('A promise cannot be resolved with itself'));
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return this.#settle('fulfilled', value);
    try {
      const { then } = value;
      if (typeof then !== 'function') return this.#settle('fulfilled', value);
      enqueue(() => this.#run((/** @type {any} */ resolve, /** @type {any} */ reject) => then.call(value, resolve, reject)));
    } catch (error) {
      this.#settle('rejected', error);
    }
  }

  /**
   * @param {'fulfilled' | 'rejected'} state
   * @param {any} value
   */
  #settle(state, value) {
    const waiting = this.#waiting;
    this.#state = state;
    this.#value = value;
    this.#waiting = undefined;
    if (waiting !== undefined) for (const react of waiting) enqueue(react);
  }
}

/** Named like the one that it stands for, also where the bundler has shortened names. */
Object.defineProperty(QueuedPromise, 'name', { value: 'Promise', configurable: true });
Object.defineProperty(QueuedPromise.prototype, Symbol.toStringTag, { value: 'Promise', configurable: true });

export { QueuedPromise as Promise };

/** @returns {Capability} */
function ownCapability() {
  return capability(QueuedPromise);
}

/**
 * A promise of that kind with its two ends.
 * @param {any} Kind
 * @returns {Capability}
 */
function capability(Kind) {
  /** @type {any} */
  let ends;
  const promise = new Kind((/** @type {any} */ resolve, /** @type {any} */ reject) => (ends = { resolve, reject }));
  return { promise, resolve: ends.resolve, reject: ends.reject };
}

/** @param {any} promise */
function speciesOf(promise) {
  const kind = promise.constructor;
  return kind === QueuedPromise ? kind : (kind?.[Symbol.species] ?? QueuedPromise);
}

/**
 * What `all` and its relatives share: one slot for each promise, filled in any order.
 * @param {any} Kind
 * @param {Iterable<any>} all
 * @param {(slot: { settle: (value: any) => void }, whole: Capability) => [(value: any) => void, (reason: any) => void]} handlers
 * @param {(values: any[], whole: Capability) => void} [finish] once every slot is filled
 */
function gather(Kind, all, handlers, finish = (values, whole) => whole.resolve(values)) {
  const whole = capability(Kind);
  /** @type {any[]} */
  const values = [];
  // One more than there are, so that nothing ends before all were looked at.
  let missing = 1;
  const done = () => --missing === 0 && finish(values, whole);
  try {
    let count = 0;
    for (const each of all) {
      const index = count++;
      let isSettled = false;
      missing++;
      const settle = (/** @type {any} */ value) => {
        if (isSettled) return;
        isSettled = true;
        values[index] = value;
        done();
      };
      Kind.resolve(each).then(...handlers({ settle }, whole));
    }
    done();
  } catch (error) {
    whole.reject(error);
  }
  return whole.promise;
}
