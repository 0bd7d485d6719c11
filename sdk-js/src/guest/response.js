/**
 * Turns `response` of a handler's result into the bytes, headers and status of the contract.
 * Which headers may be sent is the host's to decide; this file only gives them their shape.
 */
import { asBytes } from './binary.js';
import { describe, isRecord, isThenable } from './describe.js';
import { stringify } from './json.js';
import { numberText } from './numbers.js';
import { refuseUnknownKeys } from './unknown-keys.js';

const RESPONSE_KEYS = ['status', 'headers', 'data'];
const STATUS_MIN = 200;
const STATUS_MAX = 599;
const encoder = new TextEncoder();

/**
 * @param {unknown} value
 * @returns {import('../../types/wit.js').Response | undefined}
 */
export function response(value) {
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value)) {
    throw new TypeError(`response must be an object { status, headers, data }, but it is ${describe(value)}`);
  }
  refuseUnknownKeys('response has', value, RESPONSE_KEYS);
  const headers = value.headers === undefined || value.headers === null ? [] : headerPairs(value.headers);
  const { body, contentType } = encode(value.data);
  if (contentType !== undefined && !headers.some(([name]) => name.toLowerCase() === 'content-type')) {
    headers.push(['content-type', contentType]);
  }
  return { status: status(value.status ?? 200), headers, body };
}

/** @param {unknown} value */
function status(value) {
  if (Number.isInteger(value) && Number(value) >= STATUS_MIN && Number(value) <= STATUS_MAX) return Number(value);
  throw new TypeError(
    `response.status must be a whole number from ${STATUS_MIN} to ${STATUS_MAX}, but it is ${describe(value)}`,
  );
}

/**
 * @param {unknown} headers
 * @returns {[string, string][]}
 */
function headerPairs(headers) {
  if (!isRecord(headers)) throw new TypeError(`response.headers must be an object, but it is ${describe(headers)}`);
  return Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value])
      .filter((each) => each !== undefined)
      .map((each) => /** @type {[string, string]} */ ([name, headerValue(name, each)])),
  );
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function headerValue(name, value) {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  const written = numberText(value);
  if (written !== undefined) return written;
  throw new TypeError(`response.headers[${JSON.stringify(name)}] must be a string, but it is ${describe(value)}`);
}

/**
 * @param {unknown} data
 * @returns {{ body: Uint8Array, contentType?: string }}
 */
function encode(data) {
  if (data === undefined || data === null) return { body: new Uint8Array() };
  if (isThenable(data)) throw new TypeError('response.data is a Promise; write `await` before it');
  const bytes = asBytes(data);
  if (bytes !== undefined) return { body: bytes, contentType: 'application/octet-stream' };
  if (typeof data === 'string') return utf8(data, 'text/plain;charset=utf-8');
  if (data instanceof URLSearchParams) return utf8(String(data), 'application/x-www-form-urlencoded');
  return utf8(json(data), 'application/json');
}

/**
 * @param {string} text
 * @param {string} contentType
 */
function utf8(text, contentType) {
  return { body: encoder.encode(text), contentType };
}

/** @param {unknown} data */
function json(data) {
  let text;
  try {
    text = stringify(data);
  } catch (error) {
    throw new TypeError(`response.data cannot be written as JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (text === undefined) throw new TypeError(`response.data must be text, JSON or bytes, but it is ${describe(data)}`);
  return text;
}
