/** `MessageChannel`, `MessagePort` and `MessageEvent`: within one call. */
import { define } from './define.js';

class MessageEvent extends Event {
  /**
   * @param {string} type
   * @param {any} [options]
   */
  constructor(type, options = {}) {
    super(type, options);
    this.data = options.data ?? null;
    this.origin = options.origin ?? '';
    this.ports = options.ports ?? [];
  }
}

class MessagePort extends EventTarget {
  /** @type {MessagePort | undefined} */
  other;
  /** @type {any} */
  onmessage = null;

  /** @param {any} data */
  postMessage(data) {
    const copy = structuredClone(data);
    const { other } = this;
    if (other !== undefined) setTimeout(() => deliver(other, new MessageEvent('message', { data: copy })), 0);
  }

  start() {}

  close() {
    this.other = undefined;
  }

  unref() {}

  ref() {}
}

/**
 * Not every EventTarget knows about handlers that are properties.
 * @param {MessagePort} port
 * @param {MessageEvent} event
 */
function deliver(port, event) {
  const { onmessage } = port;
  port.onmessage = null;
  onmessage?.call(port, event);
  port.dispatchEvent(event);
  port.onmessage ??= onmessage;
}

class MessageChannel {
  port1 = new MessagePort();
  port2 = new MessagePort();

  constructor() {
    this.port1.other = this.port2;
    this.port2.other = this.port1;
  }
}

define({ MessageEvent, MessagePort, MessageChannel });
