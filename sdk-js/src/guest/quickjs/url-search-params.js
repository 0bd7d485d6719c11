/**
 * `URLSearchParams` by the URL standard. Forms need it in every bundle; the whole of `URL` is much larger, and comes only into
 * bundles that name it (then with a class of its own for this).
 */

/** @typedef {[string, string]} Pair */

export class URLSearchParams {
  /** @type {Pair[]} */
  #pairs;

  /** @param {any} [init] */
  constructor(init = '') {
    this.#pairs = typeof init === 'object' && init !== null ? pairsOf(init) : parse(String(init).replace(/^\?/, ''));
  }

  get size() {
    return this.#pairs.length;
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  append(name, value) {
    this.#pairs.push([text(name), text(value)]);
  }

  /**
   * @param {string} name
   * @param {string} [value]
   */
  delete(name, value) {
    this.#pairs = this.#pairs.filter((each) => !matches(each, name, value));
  }

  /** @param {string} name */
  get(name) {
    return this.#pairs.find((each) => matches(each, name))?.[1] ?? null;
  }

  /** @param {string} name */
  getAll(name) {
    return this.#pairs.filter((each) => matches(each, name)).map(([, value]) => value);
  }

  /**
   * @param {string} name
   * @param {string} [value]
   */
  has(name, value) {
    return this.#pairs.some((each) => matches(each, name, value));
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  set(name, value) {
    const first = this.#pairs.find((each) => matches(each, name));
    if (first === undefined) return this.append(name, value);
    this.#pairs = this.#pairs.filter((each) => each === first || !matches(each, name));
    first[1] = text(value);
  }

  sort() {
    this.#pairs.sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
  }

  /**
   * @param {(value: string, name: string, all: URLSearchParams) => void} callback
   * @param {unknown} [self]
   */
  forEach(callback, self) {
    for (const [name, value] of this) callback.call(self, value, name, this);
  }

  *entries() {
    for (let index = 0; index < this.#pairs.length; index++) yield /** @type {Pair} */ ([...this.#pairs[index]]);
  }

  *keys() {
    for (const [name] of this.entries()) yield name;
  }

  *values() {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator]() {
    return this.entries();
  }

  toString() {
    return this.#pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
  }
}

Object.defineProperty(URLSearchParams, 'name', { value: 'URLSearchParams', configurable: true });
Object.defineProperty(URLSearchParams.prototype, Symbol.toStringTag, { value: 'URLSearchParams', configurable: true });

/** @param {unknown} value */
function text(value) {
  return String(value).toWellFormed();
}

/**
 * @param {Pair} pair
 * @param {string} name
 * @param {string} [value]
 */
function matches(pair, name, value) {
  return pair[0] === text(name) && (value === undefined || pair[1] === text(value));
}

/**
 * @param {any} init
 * @returns {Pair[]}
 */
function pairsOf(init) {
  if (typeof init[Symbol.iterator] !== 'function') return Object.entries(init).map(([name, value]) => [text(name), text(value)]);
  return Array.from(init, (each) => {
    const pair = Array.from(/** @type {Iterable<unknown>} */ (each), text);
    if (pair.length !== 2) throw new TypeError('URLSearchParams takes pairs of a name and a value');
    return /** @type {Pair} */ (pair);
  });
}

/**
 * @param {string} query
 * @returns {Pair[]}
 */
function parse(query) {
  return query.split('&').filter((part) => part !== '').map((part) => {
    const at = part.indexOf('=');
    return at === -1 ? [decode(part), ''] : [decode(part.slice(0, at)), decode(part.slice(at + 1))];
  });
}

/** @param {string} part */
function decode(part) {
  const spaced = part.includes('+') ? part.replaceAll('+', ' ') : part;
  if (!spaced.includes('%')) return spaced.toWellFormed();
  try {
    return decodeURIComponent(spaced).toWellFormed();
  } catch {
    return decodeMalformed(spaced.toWellFormed());
  }
}

/**
 * What is no percent sign with two digits stands for itself, and what is no UTF-8 becomes U+FFFD.
 * @param {string} part
 */
function decodeMalformed(part) {
  return part.replace(/(?:%[0-9a-f]{2}){1,4096}/gi, (run) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(/** @type {any} */ (Uint8Array).fromHex(run.replaceAll('%', ''))));
}

/** @param {string} value */
function encode(value) {
  return encodeURIComponent(value).replace(/[!'()~]|%20/g, (each) =>
    each === '%20' ? '+' : `%${each.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
