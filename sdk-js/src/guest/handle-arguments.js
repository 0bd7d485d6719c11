/**
 * Turns a webhook request of the contract into the one argument of `handle`.
 * What costs time (decoding, parsing) happens when the handler first reads it, and not at all if it never does.
 */
import { asBytes } from './binary.js';
import { bodyData, bodyText } from './body.js';
import { parse } from './json.js';
import { fromHeaders, fromPairs, setOwn } from './objects.js';

/**
 * Written out, because defining seven properties in a loop took as long as all the rest of a small call.
 * @param {import('../../types/wit.js').WebhookRequest} request
 * @returns {import('../../types/index.js').HandleArguments}
 */
export function handleArguments(request) {
  const args = {
    webhookKey: request.webhookKey,
    method: request.method,
    url: request.url,
    path: request.path,
    receivedAt: request.receivedAt,
    get rawHeaders() {
      return setOwn(this, 'rawHeaders', request.headers);
    },
    set rawHeaders(value) {
      setOwn(this, 'rawHeaders', value);
    },
    get rawBytes() {
      return setOwn(this, 'rawBytes', asBytes(request.body.bytes));
    },
    set rawBytes(value) {
      setOwn(this, 'rawBytes', value);
    },
    get query() {
      return setOwn(this, 'query', fromPairs(request.query));
    },
    set query(value) {
      setOwn(this, 'query', value);
    },
    get headers() {
      return setOwn(this, 'headers', fromHeaders(request.headers));
    },
    set headers(value) {
      setOwn(this, 'headers', value);
    },
    get parameters() {
      return setOwn(this, 'parameters', parse(request.parameters));
    },
    set parameters(value) {
      setOwn(this, 'parameters', value);
    },
    get rawBody() {
      return setOwn(this, 'rawBody', bodyText(request.body));
    },
    set rawBody(value) {
      setOwn(this, 'rawBody', value);
    },
    get data() {
      return setOwn(this, 'data', bodyData(request.body));
    },
    set data(value) {
      setOwn(this, 'data', value);
    },
  };
  return /** @type {any} */ (args);
}
