/**
 * Prepares the argument of `get-event-selector` and checks what it returned.
 * Whether the selector itself is acceptable (empty, too long, `undefined` in it) is the host's to decide.
 */
import { describe, isRecord } from './describe.js';
import { parse } from './json.js';
import { refuseUnknownKeys } from './unknown-keys.js';

export const SELECTOR_KEYS = ['globalWebhookKey', 'globalWebhookEventSelector'];

/**
 * @param {import('../../types/wit.js').SelectorRequest} request
 * @param {(credentials: unknown, connectorParameters: unknown) => import('../../types/index.js').ApiClient} makeClient
 * @returns {import('../../types/index.js').GetEventSelectorArguments}
 */
export function eventSelectorArguments(request, makeClient) {
  const credentials = parse(request.credentials);
  const connectorParameters = parse(request.connectorParameters);
  const apiClient = makeClient(credentials, connectorParameters);
  return {
    parameters: parse(request.parameters),
    apiClient,
    externalApiClient: apiClient,
    credentials,
    connectorParameters,
  };
}

/**
 * @param {unknown} returned
 * @returns {import('../../types/wit.js').EventSelector}
 */
export function eventSelector(returned) {
  if (!isRecord(returned)) {
    throw new TypeError(
      `get-event-selector must return { globalWebhookKey, globalWebhookEventSelector }, but it returned ${describe(returned)}`,
    );
  }
  refuseUnknownKeys('get-event-selector returned', returned, SELECTOR_KEYS);
  return {
    globalWebhookKey: text(returned, 'globalWebhookKey'),
    globalWebhookEventSelector: text(returned, 'globalWebhookEventSelector'),
  };
}

/**
 * @param {Record<string, unknown>} returned
 * @param {string} key
 */
function text(returned, key) {
  const value = returned[key];
  if (typeof value === 'string') return value;
  throw new TypeError(`${key} returned by get-event-selector must be a string, but it is ${describe(value)}`);
}
