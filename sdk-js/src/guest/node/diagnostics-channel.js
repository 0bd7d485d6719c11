/** `node:diagnostics_channel`: channels that nobody listens to. */
class Channel {
  hasSubscribers = false;

  /** @param {string} name */
  constructor(name) {
    this.name = name;
  }

  publish() {}

  subscribe() {}

  unsubscribe() {
    return false;
  }

  runStores(/** @type {unknown} */ _context, /** @type {Function} */ callback, /** @type {unknown} */ self, /** @type {any[]} */ ...args) {
    return callback.apply(self, args);
  }
}

const channel = (/** @type {string} */ name) => new Channel(name);

/** @param {string} name */
function tracingChannel(name) {
  const [start, end, asyncStart, asyncEnd, error] = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'].map((each) => channel(`tracing:${name}:${each}`));
  const trace = (/** @type {Function} */ callback, /** @type {unknown} */ _context, /** @type {unknown} */ self, /** @type {any[]} */ ...args) => callback.apply(self, args);
  return { start, end, asyncStart, asyncEnd, error, hasSubscribers: false, subscribe() {}, unsubscribe() {}, traceSync: trace, tracePromise: trace };
}

export default { Channel, channel, tracingChannel, hasSubscribers: () => false, subscribe() {}, unsubscribe: () => false };
