/**
 * Reads a response of the external app: `{ status, headers, data }`.
 * Never throws: a response that lies about its Content-Type is given as text.
 */
import { asBytes } from './binary.js';
import { jsonOrText } from './body.js';
import { fromHeaders } from './objects.js';

const JSON_TYPE = /^[^;]*[/+]json\s*(;|$)/i;

/**
 * @param {import('../../types/wit.js').Response} response
 * @param {'json' | 'text' | 'arraybuffer'} [responseType]
 * @returns {{ status: number, headers: Record<string, string>, data: any }}
 */
export function responseOf(response, responseType) {
  const headers = fromHeaders(response.headers.map(([name, value]) => [name.toLowerCase(), value]));
  return { status: response.status, headers, data: data(response.body, headers['content-type'], responseType) };
}

/**
 * @param {Uint8Array} bytes
 * @param {string | undefined} contentType
 * @param {'json' | 'text' | 'arraybuffer'} [responseType]
 */
function data(bytes, contentType, responseType) {
  if (responseType === 'arraybuffer') return bufferOf(bytes);
  if (bytes.length === 0) return null;
  const text = new TextDecoder().decode(bytes);
  if (responseType === 'text') return text;
  return responseType === 'json' || JSON_TYPE.test(contentType ?? '') ? jsonOrText(text) : text;
}

/**
 * The bytes as an ArrayBuffer of this realm; copied only where they are a part of a larger one.
 * @param {Uint8Array} bytes
 */
function bufferOf(bytes) {
  const own = asBytes(bytes) ?? new Uint8Array();
  return own.length === own.buffer.byteLength ? own.buffer : own.slice().buffer;
}
