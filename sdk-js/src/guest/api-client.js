/**
 * The `apiClient` of get-event-selector. Calls made in the same tick travel to the host as one batch, so that
 * `Promise.all` over ten calls takes the time of the slowest. Never opens a connection itself: the host decides
 * where a request may go and adds the connection's credentials.
 */
import { ApiClientError } from './api-client-error.js';
import { hostRequest } from './api-request.js';
import { responseOf } from './api-response.js';
import { verdictOn } from './response-handlers.js';
import { refuseUnknownKeys } from './unknown-keys.js';

/** Keys of a response handler's error that say what kind of failure it is. @type {Record<string, string>} */
const KINDS = { access_token_expired: 'unauthorized', connection_is_defunct: 'unauthorized', rate_limit_exceeded: 'rate-limited' };
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
        const request = hostRequest(item.call, resolved.value);
        return [{ ...item, request, handlers: Object(resolved.value).responseHandlers }];
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
 * @param {(Waiting & { request: import('../../types/wit.js').ApiRequest, handlers: unknown })[]} items
 */
function sendAll(send, items) {
  try {
    send(items.map((item) => item.request)).forEach((result, index) => settle(items[index], result));
  } catch (error) {
    for (const item of items) item.reject(error);
  }
}

/**
 * @param {Waiting & { handlers: unknown }} item
 * @param {import('../../types/wit.js').ApiResult} result
 */
function settle({ call, handlers, resolve, reject }, result) {
  const { responseType, returnFullResponse } = call.options;
  const failure = result.tag === 'err' ? result.val : undefined;
  // The engines differ in what stands for nothing: undefined or null.
  const raw = (result.tag === 'err' ? result.val.response : result.val) ?? undefined;
  const response = raw && responseOf(raw, responseType);
  try {
    const verdict = raw && verdictOn(handlers, responseOf(raw));
    if (response === undefined || !(verdict?.isSuccess ?? failure === undefined)) throw errorOf(failure, response, verdict?.error);
    const data = verdict?.data === undefined ? response.data : verdict.data.value;
    resolve(returnFullResponse ? { ...response, data } : data);
  } catch (error) {
    reject(error);
  }
}

/**
 * @param {import('../../types/wit.js').ApiFailure | undefined} failure as the host sees it
 * @param {{ status: number, headers: Record<string, string>, data: any } | undefined} response
 * @param {Record<string, any>} [described] what a response handler says of it
 */
function errorOf(failure, response, described = {}) {
  const { key, message, data } = described;
  const kind = KINDS[key] ?? failure?.kind ?? 'refused';
  const wait = Number(response?.headers['retry-after'] ?? NaN);
  const retryAfterMs = failure?.retryAfterMs ?? (wait >= 0 ? BigInt(Math.round(wait * 1000)) : undefined);
  const text = message ?? failure?.message ?? `the external app answered ${response?.status}`;
  return new ApiClientError({ kind, message: String(text), retryAfterMs }, response && { ...response, data: data ?? response.data }, key);
}
