/**
 * Turns a webhook request of the contract into the one argument of `handle`.
 * What costs time (decoding, parsing) happens when the handler first reads it, and not at all if it never does.
 */
import { asBytes } from './binary.js';
import { bodyData, bodyText } from './body.js';
import { defineLazy, fromHeaders, fromPairs } from './objects.js';

/**
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
    rawHeaders: request.headers,
    rawBytes: asBytes(request.body.bytes),
  };
  defineLazy(args, 'query', () => fromPairs(request.query));
  defineLazy(args, 'headers', () => fromHeaders(request.headers));
  defineLazy(args, 'parameters', () => JSON.parse(request.parameters));
  defineLazy(args, 'rawBody', () => bodyText(request.body));
  defineLazy(args, 'data', () => bodyData(request.body));
  return /** @type {any} */ (args);
}
