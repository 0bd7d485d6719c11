/**
 * `Headers`, `Request`, `Response`, `Blob`, `File` and `FormData`: values to read from and to pass on. There is no network.
 */
import { Blob, File, FormData, joined } from './blob.js';
import { define } from './define.js';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const NO_BODY = [101, 204, 205, 304];

class Headers {
  /** @type {[string, string][]} */
  #list = [];

  /** @param {any} [init] */
  constructor(init) {
    if (init == null) return;
    const pairs = typeof init[Symbol.iterator] === 'function' ? init : Object.entries(init);
    for (const [name, value] of pairs) this.append(name, value);
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  append(name, value) {
    this.#list.push([nameOf(name), String(value).trim()]);
  }

  /** @param {string} name */
  delete(name) {
    const wanted = nameOf(name);
    this.#list = this.#list.filter(([each]) => each !== wanted);
  }

  /** @param {string} name */
  get(name) {
    const wanted = nameOf(name);
    const found = this.#list.filter(([each]) => each === wanted);
    return found.length === 0 ? null : found.map(([, value]) => value).join(', ');
  }

  getSetCookie() {
    return this.#list.filter(([each]) => each === 'set-cookie').map(([, value]) => value);
  }

  /** @param {string} name */
  has(name) {
    return this.get(name) !== null;
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  set(name, value) {
    this.delete(name);
    this.append(name, value);
  }

  /** @param {(value: string, name: string, headers: Headers) => void} callback */
  forEach(callback) {
    for (const [name, value] of this) callback(value, name, this);
  }

  *entries() {
    for (const name of [...new Set(this.#list.map(([each]) => each))].sort()) {
      if (name === 'set-cookie') for (const each of this.getSetCookie()) yield [name, each];
      else yield [name, /** @type {string} */ (this.get(name))];
    }
  }

  *keys() {
    for (const [name] of this) yield name;
  }

  *values() {
    for (const [, value] of this) yield value;
  }

  [Symbol.iterator]() {
    return this.entries();
  }
}

/** @param {string} name */
function nameOf(name) {
  if (!TOKEN.test(name)) throw new TypeError(`${name} is not a name of a header`);
  return String(name).toLowerCase();
}

/** What requests and answers have in common. */
class Body {
  /** @type {Uint8Array | null} */
  #bytes = null;
  bodyUsed = false;
  headers = new Headers();

  /**
   * @param {any} content
   * @param {any} headers
   */
  constructor(content, headers) {
    this.headers = new Headers(headers);
    if (content == null) return;
    const [bytes, type] = encoded(content);
    this.#bytes = bytes;
    if (type !== undefined && !this.headers.has('content-type')) this.headers.set('content-type', type);
  }

  get heldBytes() {
    return this.#bytes;
  }

  get body() {
    return this.#bytes === null ? null : new Blob([this.#bytes]).stream();
  }

  async bytes() {
    if (this.bodyUsed) throw new TypeError('The body was read already');
    this.bodyUsed = this.#bytes !== null;
    return this.#bytes?.slice() ?? new Uint8Array();
  }

  async arrayBuffer() {
    return (await this.bytes()).buffer;
  }

  async text() {
    return new TextDecoder().decode(await this.bytes());
  }

  async json() {
    return JSON.parse(await this.text());
  }

  async blob() {
    return new Blob([await this.bytes()], { type: this.headers.get('content-type') ?? '' });
  }

  async formData() {
    const type = this.headers.get('content-type') ?? '';
    if (!type.startsWith('application/x-www-form-urlencoded')) throw new TypeError(`A body of the type "${type}" is not read as a form here`);
    const form = new FormData();
    for (const [name, value] of new URLSearchParams(await this.text())) form.append(name, value);
    return form;
  }
}

/**
 * @param {any} content
 * @returns {[Uint8Array, string | undefined]}
 */
function encoded(content) {
  if (content instanceof Blob) return [content.heldBytes, content.type || undefined];
  if (content instanceof URLSearchParams) return [new TextEncoder().encode(String(content)), 'application/x-www-form-urlencoded;charset=UTF-8'];
  if (content instanceof FormData) return multipart(content);
  if (ArrayBuffer.isView(content)) return [new Uint8Array(content.buffer, content.byteOffset, content.byteLength).slice(), undefined];
  if (content instanceof ArrayBuffer) return [new Uint8Array(content.slice(0)), undefined];
  if (typeof content === 'object' && typeof content.getReader === 'function') throw new TypeError('A stream cannot be a body here');
  return [new TextEncoder().encode(String(content)), 'text/plain;charset=UTF-8'];
}

/**
 * @param {FormData} form
 * @returns {[Uint8Array, string]}
 */
function multipart(form) {
  const boundary = `----patchbay${[...crypto.getRandomValues(new Uint8Array(12))].map((each) => each.toString(16).padStart(2, '0')).join('')}`;
  const encoder = new TextEncoder();
  const parts = [];
  const quoted = (/** @type {string} */ text) => text.replace(/\r?\n|\r/g, '%0D%0A').replaceAll('"', '%22');
  for (const [name, value] of form) {
    const isFile = typeof value !== 'string';
    const file = isFile ? `; filename="${quoted(value.name)}"\r\nContent-Type: ${value.type || 'application/octet-stream'}` : '';
    parts.push(encoder.encode(`--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"${file}\r\n\r\n`));
    parts.push(isFile ? value.heldBytes : encoder.encode(value.replace(/\r?\n|\r/g, '\r\n')), encoder.encode('\r\n'));
  }
  return [joined([...parts, encoder.encode(`--${boundary}--\r\n`)]), `multipart/form-data; boundary=${boundary}`];
}

class Request extends Body {
  /**
   * @param {any} input
   * @param {any} [init]
   */
  constructor(input, init = {}) {
    /** @type {any} */
    const from = input instanceof Request ? input : undefined;
    super(init.body ?? from?.heldBytes, init.headers ?? from?.headers);
    this.url = from?.url ?? String(input);
    this.method = String(init.method ?? from?.method ?? 'GET').toUpperCase();
    if (['GET', 'HEAD'].includes(this.method) && init.body != null) throw new TypeError('A request by GET or HEAD has no body');
    this.signal = init.signal ?? from?.signal ?? null;
    this.redirect = init.redirect ?? 'follow';
    this.credentials = init.credentials ?? 'same-origin';
    this.cache = init.cache ?? 'default';
    this.mode = init.mode ?? 'cors';
  }

  clone() {
    return new Request(this);
  }
}

class Response extends Body {
  type = 'default';
  url = '';
  redirected = false;

  /**
   * @param {any} [content]
   * @param {{ status?: number, statusText?: string, headers?: any }} [init]
   */
  constructor(content = null, { status = 200, statusText = '', headers } = {}) {
    super(content, headers);
    if (!(status >= 200 && status <= 599)) throw new RangeError(`${status} is not a status of an answer`);
    if (content !== null && NO_BODY.includes(status)) throw new TypeError(`An answer with status ${status} has no body`);
    this.status = status;
    this.statusText = String(statusText);
  }

  get ok() {
    return this.status < 300;
  }

  clone() {
    return new Response(this.heldBytes, this);
  }

  static error() {
    return Object.assign(new Response(), { type: 'error', status: 0 });
  }

  /**
   * @param {any} data
   * @param {any} [init]
   */
  static json(data, init = {}) {
    const headers = new Headers(init.headers);
    if (!headers.has('content-type')) headers.set('content-type', 'application/json');
    return new Response(JSON.stringify(data), { ...init, headers });
  }

  /**
   * @param {string} url
   * @param {number} [status]
   */
  static redirect(url, status = 302) {
    return new Response(null, { status, headers: { location: String(url) } });
  }
}

define({ Headers, Request, Response, Blob, File, FormData });
