/**
 * A client for the parts of the host's HTTP API that the SDK uses. An error response becomes an error with the host's message.
 * Never prints the token.
 */

import { createHash } from 'node:crypto';

/** @typedef {{ status: number, body: any }} Answer */
/** @typedef {'waiting' | 'compiling'} UploadStatus the state of an upload until the host responds */

/** The interval of requests for that state. */
const ASK_INTERVAL_MS = 500;

export class Host {
  #token;

  /**
   * @param {string} url
   * @param {string} token
   */
  constructor(url, token) {
    if (!/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : '')) {
      throw new Error(`\`${url}\` is not the URL of a host. Use, for example, http://127.0.0.1:8080.`);
    }
    this.url = url.replace(/\/+$/, '');
    this.#token = token;
  }

  /**
   * Uploads a bundle. The status is 200 if the host already has the same bytes.
   * @param {Uint8Array} bundle
   * @param {(status: UploadStatus) => void} [onStatus] called repeatedly until the host responds
   */
  async upload(bundle, onStatus = () => {}) {
    // A host that rejects the token closes the connection before it reads a long body, which would lose the response.
    await this.get('/v1/connectors?limit=1');
    const path = `/v1/uploads/sha256:${createHash('sha256').update(bundle).digest('hex')}`;
    let isAnswered = false;
    const asking = setInterval(async () => {
      // A host that has not read the whole body, or an older host, responds 404.
      const upload = await this.get(path).catch(() => undefined);
      if (upload && !isAnswered) onStatus(upload.status);
    }, ASK_INTERVAL_MS);
    try {
      return await this.#call('POST', '/v1/connectors', bundle, 'application/wasm');
    } finally {
      isAnswered = true;
      clearInterval(asking);
    }
  }

  /** @param {string} path */
  async get(path) {
    return (await this.#call('GET', path)).body;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} body
   */
  async send(method, path, body) {
    return (await this.#call(method, path, JSON.stringify(body), 'application/json')).body;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {string | Uint8Array} [body]
   * @param {string} [type]
   * @returns {Promise<Answer>}
   */
  async #call(method, path, body, type) {
    /** @type {Record<string, string>} */
    const headers = { authorization: `Bearer ${this.#token}`, ...(type && { 'content-type': type }) };
    const response = await fetch(this.url + path, { method, headers, body: /** @type {any} */ (body) }).catch((error) => {
      const isCut = ['EPIPE', 'ECONNRESET'].includes(error.cause?.code);
      const advice = isCut ? 'It closed the connection during the upload: is the bundle larger than its limit?' : 'Is the host running?';
      throw new Error(`${this.url} cannot be reached: ${error.cause?.message ?? error.message}. ${advice}`);
    });
    const text = await response.text();
    if (!response.ok) throw new HostError(response.status, `${method} ${path}`, text);
    return { status: response.status, body: readJson(text) };
  }
}

/** An error response of the host; the message is made of its `application/problem+json`. */
export class HostError extends Error {
  /**
   * @param {number} status
   * @param {string} what
   * @param {string} text
   */
  constructor(status, what, text) {
    const problem = readJson(text) ?? {};
    const reason = problem.errors?.length > 0 ? undefined : problem.detail ?? problem.title ?? text.slice(0, 200);
    const fields = (problem.errors ?? []).map((/** @type {any} */ each) => `\n  ${each.pointer || '/'}: ${each.message}`);
    super(`the host rejected ${what}: ${status}${problem.code ? ` ${problem.code}` : ''}${reason ? `: ${reason}` : ''}${fields.join('')}`);
    this.status = status;
    this.code = problem.code;
  }
}

/** @param {string} text */
function readJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
