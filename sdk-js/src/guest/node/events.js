/** `node:events`: the browserify package, and the names that node has given its module since. */
import EventEmitter from 'events/';

const { once, defaultMaxListeners } = EventEmitter;
const errorMonitor = Symbol('events.errorMonitor');

/**
 * @param {number} count
 * @param {...any} emitters
 */
function setMaxListeners(count = defaultMaxListeners, ...emitters) {
  if (emitters.length === 0) EventEmitter.defaultMaxListeners = count;
  for (const each of emitters) each.setMaxListeners?.(count);
}

/**
 * The events of an emitter, one after the other.
 * @param {any} emitter
 * @param {string | symbol} name
 * @param {{ signal?: AbortSignal }} [options]
 */
async function* on(emitter, name, { signal } = {}) {
  /** @type {any[]} */
  const waiting = [];
  let wake = () => undefined;
  const arrive = (/** @type {any[]} */ ...values) => (waiting.push({ values }), wake());
  const fail = (/** @type {unknown} */ error) => (waiting.push({ error }), wake());
  const abort = () => fail(signal?.reason);
  emitter.on(name, arrive);
  if (name !== 'error') emitter.on('error', fail);
  signal?.addEventListener('abort', abort);
  try {
    for (;;) {
      while (waiting.length === 0) await new Promise((resolve) => (wake = /** @type {any} */ (resolve)));
      const next = waiting.shift();
      if (next.values === undefined) throw next.error;
      yield next.values;
    }
  } finally {
    emitter.off(name, arrive);
    emitter.off('error', fail);
    signal?.removeEventListener('abort', abort);
  }
}

export default Object.assign(EventEmitter, {
  once,
  on,
  setMaxListeners,
  errorMonitor,
  captureRejectionSymbol: Symbol.for('nodejs.rejection'),
  captureRejections: false,
  getEventListeners: (/** @type {any} */ emitter, /** @type {string | symbol} */ name) => emitter.listeners?.(name) ?? [],
  getMaxListeners: (/** @type {any} */ emitter) => emitter.getMaxListeners?.() ?? EventEmitter.defaultMaxListeners,
  EventEmitterAsyncResource: EventEmitter,
});
