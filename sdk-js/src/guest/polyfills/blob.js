/** `Blob`, `File` and `FormData`. */

const encoder = new TextEncoder();

/** @param {any} part */
function bytesOf(part) {
  if (part instanceof Blob) return part.heldBytes;
  if (ArrayBuffer.isView(part)) return new Uint8Array(part.buffer, part.byteOffset, part.byteLength).slice();
  return part instanceof ArrayBuffer ? new Uint8Array(part).slice() : encoder.encode(String(part));
}

/** @param {Uint8Array[]} parts */
export function joined(parts) {
  const whole = new Uint8Array(parts.reduce((length, each) => length + each.length, 0));
  let at = 0;
  for (const each of parts) {
    whole.set(each, at);
    at += each.length;
  }
  return whole;
}

export class Blob {
  #bytes;

  /**
   * @param {Iterable<any>} [parts]
   * @param {{ type?: string }} [options]
   */
  constructor(parts = [], { type = '' } = {}) {
    this.#bytes = joined([...parts].map(bytesOf));
    this.type = String(type).toLowerCase();
  }

  get heldBytes() {
    return this.#bytes;
  }

  get size() {
    return this.#bytes.length;
  }

  async text() {
    return new TextDecoder().decode(this.#bytes);
  }

  async arrayBuffer() {
    return this.#bytes.slice().buffer;
  }

  async bytes() {
    return this.#bytes.slice();
  }

  /**
   * @param {number} [start]
   * @param {number} [end]
   * @param {string} [type]
   */
  slice(start, end, type) {
    return new Blob([this.#bytes.slice(start, end)], { type });
  }

  stream() {
    const bytes = this.#bytes;
    return new ReadableStream({
      start(controller) {
        controller.enqueue(bytes.slice());
        controller.close();
      },
    });
  }

  get [Symbol.toStringTag]() {
    return 'Blob';
  }
}

export class File extends Blob {
  /**
   * @param {Iterable<any>} parts
   * @param {string} name
   * @param {{ type?: string, lastModified?: number }} [options]
   */
  constructor(parts, name, options) {
    super(parts, options);
    this.name = String(name);
    this.lastModified = options?.lastModified ?? Date.now();
  }

  get [Symbol.toStringTag]() {
    return 'File';
  }
}

export class FormData {
  /** @type {[string, string | File][]} */
  #entries = [];

  /**
   * @param {string} name
   * @param {any} value
   * @param {string} [filename]
   */
  append(name, value, filename) {
    this.#entries.push([String(name), entryOf(value, filename)]);
  }

  /**
   * @param {string} name
   * @param {any} value
   * @param {string} [filename]
   */
  set(name, value, filename) {
    const at = this.#entries.findIndex(([each]) => each === name);
    if (at === -1) return this.append(name, value, filename);
    this.#entries = this.#entries.filter(([each], index) => each !== name || index === at);
    this.#entries[at] = [String(name), entryOf(value, filename)];
  }

  /** @param {string} name */
  get(name) {
    return this.getAll(name)[0] ?? null;
  }

  /** @param {string} name */
  getAll(name) {
    return this.#entries.filter(([each]) => each === name).map(([, value]) => value);
  }

  /** @param {string} name */
  has(name) {
    return this.#entries.some(([each]) => each === name);
  }

  /** @param {string} name */
  delete(name) {
    this.#entries = this.#entries.filter(([each]) => each !== name);
  }

  /** @param {(value: string | File, name: string, form: FormData) => void} callback */
  forEach(callback) {
    for (const [name, value] of this.#entries) callback(value, name, this);
  }

  entries() {
    return this.#entries.values();
  }

  keys() {
    return this.#entries.map(([name]) => name).values();
  }

  values() {
    return this.#entries.map(([, value]) => value).values();
  }

  [Symbol.iterator]() {
    return this.entries();
  }
}

/**
 * @param {any} value
 * @param {string} [filename]
 */
function entryOf(value, filename) {
  if (!(value instanceof Blob)) return String(value);
  if (value instanceof File && filename === undefined) return value;
  return new File([value], filename ?? 'blob', { type: value.type });
}
