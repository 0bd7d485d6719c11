/**
 * `Event`, `EventTarget`, `AbortController` and their kin, as far as code without a document uses them: no capturing, no bubbling.
 */
import { define } from './define.js';

class Event {
  #isStopped = false;
  defaultPrevented = false;
  /** @type {unknown} */
  target = null;
  /** @type {unknown} */
  currentTarget = null;

  /**
   * @param {string} type
   * @param {{ bubbles?: boolean, cancelable?: boolean, composed?: boolean }} [options]
   */
  constructor(type, { bubbles = false, cancelable = false, composed = false } = {}) {
    this.type = String(type);
    this.bubbles = bubbles;
    this.cancelable = cancelable;
    this.composed = composed;
    this.timeStamp = Date.now();
  }

  preventDefault() {
    if (this.cancelable) this.defaultPrevented = true;
  }

  stopPropagation() {}

  stopImmediatePropagation() {
    this.#isStopped = true;
  }

  get isStopped() {
    return this.#isStopped;
  }
}

class CustomEvent extends Event {
  /**
   * @param {string} type
   * @param {any} [options]
   */
  constructor(type, options) {
    super(type, options);
    this.detail = options?.detail ?? null;
  }
}

class EventTarget {
  /** @type {Map<string, { listener: any, isOnce: boolean }[]>} */
  #listeners = new Map();

  /**
   * @param {string} type
   * @param {any} listener
   * @param {any} [options]
   */
  addEventListener(type, listener, options) {
    const list = this.#listeners.get(type) ?? [];
    if (listener == null || options?.signal?.aborted || list.some((each) => each.listener === listener)) return;
    this.#listeners.set(type, [...list, { listener, isOnce: Boolean(options?.once) }]);
    options?.signal?.addEventListener('abort', () => this.removeEventListener(type, listener));
  }

  /**
   * @param {string} type
   * @param {any} listener
   */
  removeEventListener(type, listener) {
    this.#listeners.set(type, (this.#listeners.get(type) ?? []).filter((each) => each.listener !== listener));
  }

  /** @param {Event} event */
  dispatchEvent(event) {
    event.target = event.currentTarget = this;
    const handler = /** @type {any} */ (this)[`on${event.type}`];
    const list = typeof handler === 'function' ? [{ listener: handler, isOnce: false }] : [];
    for (const { listener, isOnce } of [...list, ...(this.#listeners.get(event.type) ?? [])]) {
      if (event.isStopped) break;
      if (isOnce) this.removeEventListener(event.type, listener);
      try {
        if (typeof listener === 'function') listener.call(this, event);
        else listener.handleEvent(event);
      } catch (error) {
        // Nobody could catch it.
        console.error(error);
      }
    }
    return !event.defaultPrevented;
  }
}

class AbortSignal extends EventTarget {
  aborted = false;
  /** @type {any} */
  reason = undefined;
  onabort = null;

  throwIfAborted() {
    if (this.aborted) throw this.reason;
  }

  /** @param {unknown} [reason] */
  static abort(reason) {
    return aborted(new AbortSignal(), reason);
  }

  /** @param {number} delayMs */
  static timeout(delayMs) {
    const signal = new AbortSignal();
    setTimeout(() => aborted(signal, new DOMException('The operation timed out.', 'TimeoutError')), delayMs);
    return signal;
  }

  /** @param {Iterable<AbortSignal>} signals */
  static any(signals) {
    const all = [...signals];
    const first = all.find((each) => each.aborted);
    const signal = new AbortSignal();
    if (first !== undefined) return aborted(signal, first.reason);
    for (const each of all) each.addEventListener('abort', () => aborted(signal, each.reason), { once: true });
    return signal;
  }
}

class AbortController {
  signal = new AbortSignal();

  /** @param {unknown} [reason] */
  abort(reason) {
    aborted(this.signal, reason);
  }
}

/**
 * @param {AbortSignal} signal
 * @param {unknown} reason
 */
function aborted(signal, reason = new DOMException('This operation was aborted', 'AbortError')) {
  if (signal.aborted) return signal;
  signal.aborted = true;
  signal.reason = reason;
  signal.dispatchEvent(new Event('abort'));
  return signal;
}

define({ Event, CustomEvent, EventTarget, AbortSignal, AbortController });
