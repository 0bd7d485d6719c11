/**
 * Reads the body of a webhook request: as text, and as the value its Content-Type stands for.
 * Never throws: a handler must run even for a malformed body, because checking a signature may be its whole answer.
 */
import { parse, parseBody } from './json.js';
import { fromPairs } from './objects.js';

const BYTE_ORDER_MARK = '\uFEFF';
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * The body as text, exactly: not even a byte order mark is dropped, because signatures cover it.
 * @param {import('../../types/wit.js').Body} body
 */
export function bodyText(body) {
  return utf8.decode(body.decoded ?? body.bytes);
}

/**
 * The body as a value.
 * @param {import('../../types/wit.js').Body} body
 * @returns {unknown}
 */
export function bodyData(body) {
  switch (body.content.tag) {
    case 'empty':
      return null;
    case 'json':
      return jsonOrText(bodyText(body), parseBody);
    case 'form':
      return parseForm(bodyText(body));
    case 'multipart':
      return fromPairs(body.content.val.map((part) => [part.name, partValue(part.value)]));
    default:
      return bodyText(body);
  }
}

/**
 * @param {string} text
 * @param {(json: string) => unknown} [read]
 */
export function jsonOrText(text, read = parse) {
  try {
    return read(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text);
  } catch {
    return text;
  }
}

/** @param {string} text */
function parseForm(text) {
  // The constructor drops a leading `?`. A body's own one is data, so it is given another one to drop.
  return fromPairs(new URLSearchParams(`?${text}`));
}

/** @param {import('../../types/wit.js').PartValue} value */
function partValue(value) {
  if (value.tag === 'text') return value.val;
  const { filename, contentType, size } = value.val;
  return { filename, contentType: contentType ?? undefined, size: Number(size) };
}
