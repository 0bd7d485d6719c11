/** `node:zlib` by pako: gzip, deflate and their reverse, at once or as streams. Brotli and zstd are not there. */
import { Deflate, Inflate } from 'pako';
import { Transform } from 'node:stream';

const CODES = { NO_FLUSH: 0, FINISH: 4, SYNC_FLUSH: 2 };
const OUTPUT_BYTES_MAX = 2 ** 31 - 1;

/** @typedef {{ level?: number, windowBits?: number, memLevel?: number, strategy?: number, dictionary?: Uint8Array, chunkSize?: number, maxOutputLength?: number }} Options */
/** @typedef {{ make: (options: any) => any, isPacking: boolean }} Format */

const plain = (/** @type {Options} */ { level, windowBits, memLevel, strategy, dictionary, chunkSize }) =>
  Object.fromEntries(Object.entries({ level, windowBits, memLevel, strategy, dictionary, chunkSize }).filter(([, value]) => value !== undefined));

/** @type {Record<string, Format>} */
const FORMATS = {
  Gzip: { make: (options) => new Deflate({ ...options, gzip: true }), isPacking: true },
  Gunzip: { make: (options) => new Inflate({ ...options, windowBits: 31 }), isPacking: false },
  Deflate: { make: (options) => new Deflate(options), isPacking: true },
  Inflate: { make: (options) => new Inflate({ ...options, windowBits: 15 }), isPacking: false },
  DeflateRaw: { make: (options) => new Deflate({ ...options, raw: true }), isPacking: true },
  InflateRaw: { make: (options) => new Inflate({ ...options, raw: true }), isPacking: false },
  // Finds out by itself whether it is gzip or deflate.
  Unzip: { make: (options) => new Inflate({ ...options, windowBits: 47 }), isPacking: false },
};

/**
 * Feeds bytes to pako, and gives what comes out to `emit`.
 * @param {Format} format
 * @param {Options} options
 * @param {(bytes: Uint8Array) => void} emit
 */
function machine({ make, isPacking }, options, emit) {
  const engine = make(plain(options));
  let produced = 0;
  engine.onData = (/** @type {Uint8Array} */ bytes) => {
    produced += bytes.length;
    if (produced > (options.maxOutputLength ?? OUTPUT_BYTES_MAX)) {
      throw Object.assign(new RangeError(`Cannot create a Buffer larger than ${options.maxOutputLength} bytes`), { code: 'ERR_BUFFER_TOO_LARGE' });
    }
    emit(bytes);
  };
  engine.onEnd = () => undefined;
  return {
    push(/** @type {Uint8Array} */ bytes, /** @type {boolean} */ isLast) {
      if (engine.ended) return;
      engine.push(bytes, isLast ? CODES.FINISH : CODES.NO_FLUSH);
      if (engine.err) throw failed(engine.msg, engine.err);
      if (isLast && !isPacking && !engine.ended) throw failed('unexpected end of file', -5);
    },
  };
}

const NAMES = new Map([[-2, 'Z_STREAM_ERROR'], [-3, 'Z_DATA_ERROR'], [-4, 'Z_MEM_ERROR'], [-5, 'Z_BUF_ERROR'], [2, 'Z_NEED_DICT']]);

/**
 * @param {string} message
 * @param {number} errno
 */
function failed(message, errno) {
  const said = errno === -5 ? 'unexpected end of file' : message || 'the data is damaged';
  return Object.assign(new Error(said), { errno, code: NAMES.get(errno) ?? 'Z_DATA_ERROR' });
}

/**
 * @param {Format} format
 * @param {any} input
 * @param {Options} [options]
 */
function atOnce(format, input, options = {}) {
  /** @type {Uint8Array[]} */
  const parts = [];
  const bytes = typeof input === 'string' ? Buffer.from(input) : new Uint8Array(input.buffer ?? input, input.byteOffset ?? 0, input.byteLength);
  machine(format, options, (part) => parts.push(part)).push(bytes, true);
  return Buffer.concat(parts);
}

/** @param {Format} format */
function streamOf(format) {
  return class extends Transform {
    /** @param {any} [options] */
    constructor(options = {}) {
      super(options);
      this.machine = machine(format, options, (bytes) => this.push(Buffer.from(bytes)));
    }

    /**
     * @param {Uint8Array} chunk
     * @param {string} _encoding
     * @param {(error?: any) => void} callback
     */
    _transform(chunk, _encoding, callback) {
      this.feed(chunk, false, callback);
    }

    /** @param {(error?: any) => void} callback */
    _flush(callback) {
      this.feed(new Uint8Array(), true, callback);
    }

    /**
     * @param {Uint8Array} bytes
     * @param {boolean} isLast
     * @param {(error?: any) => void} callback
     */
    feed(bytes, isLast, callback) {
      try {
        this.machine.push(bytes, isLast);
      } catch (error) {
        return callback(error);
      }
      return callback();
    }

    /** @param {() => void} [callback] */
    close(callback) {
      this.destroy();
      if (callback !== undefined) queueMicrotask(callback);
    }
  };
}

/** @type {Record<string, any>} */
const zlib = {};
for (const [name, format] of Object.entries(FORMATS)) {
  const stream = streamOf(format);
  const method = name[0].toLowerCase() + name.slice(1);
  zlib[name] = stream;
  zlib[`create${name}`] = (/** @type {Options} */ options) => new stream(options);
  zlib[`${method}Sync`] = (/** @type {any} */ input, /** @type {Options} */ options) => atOnce(format, input, options);
  zlib[method] = (/** @type {any} */ input, /** @type {any[]} */ ...rest) => {
    const callback = rest.pop();
    let outcome;
    try {
      outcome = [null, atOnce(format, input, rest[0])];
    } catch (error) {
      outcome = [error];
    }
    queueMicrotask(() => callback(...outcome));
  };
}

export default zlib;
