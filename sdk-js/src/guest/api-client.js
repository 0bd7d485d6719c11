/**
 * The `apiClient` of get-event-selector. Calls made in the same tick travel to the host as one batch, so that
 * `Promise.all` over ten calls takes the time of the slowest. Never opens a connection itself: the host decides
 * where a request may go and adds the connection's credentials.
 */
import { ApiClientError } from './api-client-error.js';
import { hostRequest } from './api-request.js';
import { responseOf } from './api-response.js';
import { refuseUnknownKeys } from './unknown-keys.js';

const OPTION_KEYS = ['query', 'headers', 'auth', 'baseUri', 'returnFullResponse', 'responseType'];

/**
 * A call that was not sent yet.
 * @typedef {{ call: import('./api-request.js').Call, resolve: (value: any) => void, reject: (why: any) => void }} Waiting
 */

/**
 * @param {(requests: import('../../types/wit.js').ApiRequest[]) => import('../../types/wit.js').ApiResult[]} send
 * @param {() => unknown} [defaults] gives what auth/make-api-client.js returned, perhaps as a promise
 * @returns {import('../../types/index.js').ApiClient}
 */
export function makeApiClient(send, defaults = () => undefined) {
  const enqueue = batches(send, defaults);
  const call = (/** @type {string} */ method, /** @type {any} */ request) => {
    const options = request.options ?? {};
    refuseUnknownKeys('the options of apiClient have', options, OPTION_KEYS);
    return enqueue({ method, ...request, options });
  };
  const withData = (/** @type {string} */ method) =>
    async (/** @type {string} */ path, /** @type {unknown} */ data = undefined, options = undefined) =>
      call(method, { path, data, options });
  return {
    get: async (path, query = undefined, options = undefined) => call('GET', { path, query, options }),
    post: withData('POST'),
    put: withData('PUT'),
    patch: withData('PATCH'),
    delete: withData('DELETE'),
  };
}

/**
 * Collects calls until the running code pauses, then sends them together.
 * @param {Parameters<typeof makeApiClient>[0]} send
 * @param {() => unknown} defaults
 * @returns {(call: import('./api-request.js').Call) => Promise<any>}
 */
function batches(send, defaults) {
  /** @type {Waiting[]} */
  let waiting = [];
  /** @type {Promise<unknown> | undefined} */
  let settings;

  async function flush() {
    settings ??= Promise.resolve().then(defaults);
    const [resolved] = await Promise.allSettled([settings]);
    const batch = waiting;
    waiting = [];
    const sendable = batch.flatMap((item) => {
      try {
        if (resolved.status === 'rejected') throw resolved.reason;
        return [{ ...item, request: hostRequest(item.call, resolved.value) }];
      } catch (error) {
        item.reject(error);
        return [];
      }
    });
    if (sendable.length > 0) sendAll(send, sendable);
  }

  return (call) =>
    new Promise((resolve, reject) => {
      waiting.push({ call, resolve, reject });
      if (waiting.length === 1) queueMicrotask(flush);
    });
}

/**
 * @param {Parameters<typeof makeApiClient>[0]} send
 * @param {(Waiting & { request: import('../../types/wit.js').ApiRequest })[]} items
 */
function sendAll(send, items) {
  try {
    send(items.map((item) => item.request)).forEach((result, index) => settle(items[index], result));
  } catch (error) {
    for (const item of items) item.reject(error);
  }
}

/**
 * @param {Waiting} item
 * @param {import('../../types/wit.js').ApiResult} result
 */
function settle({ call, resolve, reject }, result) {
  const { responseType, returnFullResponse } = call.options;
  if (result.tag === 'err') {
    const { response } = result.val;
    reject(new ApiClientError(result.val, response && responseOf(response, responseType)));
    return;
  }
  const response = responseOf(result.val, responseType);
  resolve(returnFullResponse ? response : response.data);
}
