/**
 * Builds one request of the contract from a call of `apiClient` and what auth/make-api-client.js returned.
 * Pure. What it leaves out, the host adds from auth/make-api-client.map.yml.
 */
import { asBytes } from './binary.js';
import { describe, isRecord } from './describe.js';
import { stringify } from './json.js';
import { ExactNumber } from './numbers.js';
import { refuseUnknownKeys } from './unknown-keys.js';

const SETTING_KEYS = ['baseUri', 'baseUrl', 'headers', 'query', 'auth', 'responseHandlers'];

/**
 * @typedef {object} Call
 * @property {string} method
 * @property {string} path
 * @property {unknown} [query] of `get`, whose second argument it is
 * @property {unknown} [data]
 * @property {import('../../types/index.js').ApiClientOptions} options
 */

/**
 * @param {Call} call
 * @param {unknown} settings
 * @returns {import('../../types/wit.js').ApiRequest}
 */
export function hostRequest(call, settings) {
  if (typeof call.path !== 'string') {
    throw new TypeError(`apiClient.${call.method.toLowerCase()} needs a path, but it was given ${describe(call.path)}`);
  }
  const defaults = checkedSettings(settings ?? {});
  const { body, contentType } = encode(call.data);
  const headers = mergeHeaders(contentType && { 'content-type': contentType }, defaults.headers, call.options.headers);
  return {
    method: call.method,
    url: call.path,
    baseUri: call.options.baseUri ?? defaults.baseUri ?? defaults.baseUrl,
    query: [defaults.query, call.query, call.options.query].flatMap((each) => queryPairs(each)),
    headers,
    auth: basicAuth(call.options.auth ?? defaults.auth),
    body,
  };
}

/** @param {unknown} settings */
function checkedSettings(settings) {
  if (!isRecord(settings)) {
    throw new TypeError(`auth/make-api-client must return an object such as { baseUri, headers }, but it returned ${describe(settings)}`);
  }
  refuseUnknownKeys('auth/make-api-client returned', settings, SETTING_KEYS);
  return settings;
}

/** @param {unknown} auth */
function basicAuth(auth) {
  if (auth === undefined || auth === null) return undefined;
  if (isRecord(auth) && typeof auth.username === 'string' && typeof auth.password === 'string') {
    return { username: auth.username, password: auth.password };
  }
  throw new TypeError('auth of an apiClient call must be an object { username, password } of two strings');
}

/**
 * Later headers replace earlier ones of the same name.
 * @param {...unknown} sources
 * @returns {[string, string][]}
 */
function mergeHeaders(...sources) {
  const merged = new Map();
  for (const source of sources) {
    for (const [name, value] of pairs(source)) merged.set(name.toLowerCase(), value);
  }
  return [...merged];
}

/**
 * @param {unknown} query
 * @returns {[string, string][]}
 */
function queryPairs(query) {
  return query instanceof URLSearchParams ? [...query] : pairs(query);
}

/**
 * @param {unknown} object
 * @returns {[string, string][]}
 */
function pairs(object) {
  if (object === undefined || object === null) return [];
  if (!isRecord(object)) throw new TypeError(`headers and query of apiClient must be objects, but one is ${describe(object)}`);
  return Object.entries(object).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value])
      .filter((each) => each !== undefined && each !== null)
      .map((each) => /** @type {[string, string]} */ ([name, scalar(name, each)])),
  );
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function scalar(name, value) {
  if (['string', 'number', 'boolean', 'bigint'].includes(typeof value) || ExactNumber.is(value)) return String(value);
  throw new TypeError(`\`${name}\` of an apiClient call must be text or a number, but it is ${describe(value)}`);
}

/**
 * @param {unknown} data
 * @returns {{ body?: Uint8Array, contentType?: string }}
 */
function encode(data) {
  if (data === undefined || data === null) return {};
  const bytes = asBytes(data);
  if (bytes !== undefined) return { body: bytes };
  const utf8 = (/** @type {string} */ text) => new TextEncoder().encode(text);
  if (typeof data === 'string') return { body: utf8(data) };
  if (data instanceof URLSearchParams) {
    return { body: utf8(String(data)), contentType: 'application/x-www-form-urlencoded' };
  }
  return { body: utf8(stringify(data) ?? ''), contentType: 'application/json' };
}
