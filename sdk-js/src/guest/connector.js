/**
 * The two exports of the contract, made of the author's functions.
 * Everything an author's code throws is caught here; nothing leaves but a result or a failure record.
 */
import { send } from 'patchbay:connector/api-client@0.1.0';
import { makeApiClient } from './api-client.js';
import { connectConsole } from './console.js';
import { isThenable } from './describe.js';
import { eventSelector, eventSelectorArguments } from './event-selector.js';
import { failure } from './failure.js';
import { handleArguments } from './handle-arguments.js';
import { handleResult } from './handle-result.js';

/**
 * @typedef {{ file: string, place: string, module: { default?: unknown } }} Method `place` is the file with the line of its
 *   function
 * @typedef {object} Methods
 * @property {Record<string, Method>} webhooks `handle` of each global webhook, by its key
 * @property {Record<string, Method>} events `get-event-selector` of each event that has it in JavaScript, by its key
 * @property {Method} [makeApiClient] auth/make-api-client.js
 */

/** @param {Methods} methods */
export function connector(methods) {
  const webhooks = functions(methods.webhooks);
  const events = functions(methods.events);
  const clientSettings = methods.makeApiClient && functionOf(methods.makeApiClient);

  const selectorArguments = (/** @type {import('../../types/wit.js').SelectorRequest} */ request) =>
    eventSelectorArguments(request, (credentials, parameters) =>
      makeApiClient(send, () => clientSettings?.({ credentials, parameters })),
    );

  return {
    /** @param {import('../../types/wit.js').WebhookRequest} request */
    handle: (request) =>
      outcome(
        webhooks.get(request.webhookKey),
        () => `global webhook \`${request.webhookKey}\``,
        (handle) => handle(handleArguments(request)),
        handleResult,
      ),

    /** @param {import('../../types/wit.js').SelectorRequest} request */
    getEventSelector: (request) =>
      outcome(
        events.get(request.eventKey),
        () => `get-event-selector in JavaScript for event \`${request.eventKey}\``,
        (getSelector) => getSelector(selectorArguments(request)),
        eventSelector,
      ),
  };
}

/**
 * @template T
 * @typedef {{ tag: 'ok', val: T } | { tag: 'err', val: import('../../types/wit.js').Failure }} Outcome
 */

/**
 * Runs one call. The bindings accept a result as `{ tag, val }`, which says what it is; a thrown value they would
 * have to guess at, and a wrong guess is a trap without a message. Only what is async costs the time of promises.
 * @template T
 * @param {{ place: string, run: Function } | undefined} method
 * @param {() => string} what
 * @param {(run: Function) => any} call
 * @param {(returned: unknown) => T} finish
 * @returns {Outcome<T> | Promise<Outcome<T>>}
 */
function outcome(method, what, call, finish) {
  connectConsole();
  if (method === undefined) {
    return { tag: 'err', val: { name: 'Error', message: `this bundle has no ${what()}`, stack: undefined } };
  }
  /** @type {(thrown: unknown) => Outcome<T>} */
  const failed = (thrown) => ({ tag: 'err', val: failure(thrown, method.place) });
  /** @type {(returned: unknown) => Outcome<T>} */
  const ended = (returned) => {
    try {
      return { tag: 'ok', val: finish(returned) };
    } catch (thrown) {
      return failed(thrown);
    }
  };
  try {
    const returned = call(method.run);
    return isThenable(returned) ? Promise.resolve(returned).then(ended, failed) : ended(returned);
  } catch (thrown) {
    return failed(thrown);
  }
}

/** @param {Record<string, Method>} methods */
function functions(methods) {
  return new Map(
    Object.entries(methods).map(([key, method]) => [key, { place: method.place, run: functionOf(method) }]),
  );
}

/**
 * Runs while the bundle is built, so a wrong export is a build error.
 * @param {Method} method
 * @returns {Function}
 */
function functionOf({ file, module }) {
  // CommonJS code may set `exports.default`.
  const exported = /** @type {any} */ (module.default);
  for (const each of [exported, exported?.default]) if (typeof each === 'function') return each;
  throw new TypeError(`${file} must export a function: write \`export default async function …\``);
}
