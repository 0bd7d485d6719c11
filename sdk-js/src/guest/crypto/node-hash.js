/**
 * Hash, Hmac and timingSafeEqual, as in node:crypto. The host does the hashing.
 * Never copies a large body: what one update() was given goes to the host as it is.
 */
import { Gathered, bytesOfBinary, encoded } from './bytes.js';
import { coded } from './errors.js';
import * as host from './host.js';
import { secretBytesOf } from './key-object.js';

/** @typedef {import('./host.js').HashName} HashName */

/**
 * @param {string} algorithm
 * @param {{ outputLength?: number }} [options]
 */
export function createHash(algorithm, options) {
  return new Hash(algorithm, options);
}

/**
 * @param {string} algorithm
 * @param {unknown} key
 * @param {{ encoding?: string }} [options]
 */
export function createHmac(algorithm, key, options) {
  return new Hmac(algorithm, key, options);
}

/**
 * The digest in one call.
 *
 * @param {string} algorithm
 * @param {unknown} data
 * @param {string} [outputEncoding]
 */
export function hash(algorithm, data, outputEncoding = 'hex') {
  return createHash(algorithm).update(data).digest(outputEncoding);
}

/** The names that createHash and createHmac know. */
export function getHashes() {
  return Object.keys(host.HASH_BYTES).flatMap((name) => [`RSA-${name.toUpperCase()}`, name]);
}

/**
 * Whether two byte strings of one length are the same, in a time that does not tell where they differ.
 *
 * @param {unknown} a
 * @param {unknown} b
 */
export function timingSafeEqual(a, b) {
  const [left, right] = [
    bytesOfBinary(a, 'first argument of timingSafeEqual'),
    bytesOfBinary(b, 'second argument of timingSafeEqual'),
  ];
  if (left.length === right.length) return host.equal(left, right);
  throw coded(
    RangeError,
    'ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH',
    'Input buffers must have the same byte length. Compare the lengths first: a signature of another length is wrong.',
  );
}

/**
 * The host's hash of that name.
 *
 * @param {unknown} algorithm
 * @returns {HashName}
 */
export function requireHash(algorithm) {
  const name = typeof algorithm === 'string' ? host.hashNamed(algorithm) : undefined;
  if (name) return name;
  const known = Object.keys(host.HASH_BYTES)
    .map((hashName) => `'${hashName}'`)
    .join(', ');
  throw coded(
    TypeError,
    'ERR_CRYPTO_INVALID_DIGEST',
    `Invalid digest: ${String(algorithm)}. The sandbox has ${known}.`,
  );
}

export class Hash {
  #hash;
  #input = new Gathered();
  #isFinished = false;

  /**
   * @param {string} algorithm
   * @param {{ outputLength?: number }} [options]
   */
  constructor(algorithm, options) {
    this.#hash = requireHash(algorithm);
    const bytes = host.HASH_BYTES[this.#hash];
    if ((options?.outputLength ?? bytes) !== bytes) {
      throw coded(
        RangeError,
        'ERR_OUT_OF_RANGE',
        `The outputLength of ${this.#hash} is ${bytes} and cannot be changed.`,
      );
    }
  }

  /**
   * @param {unknown} data
   * @param {string} [inputEncoding]
   */
  update(data, inputEncoding) {
    requireUnfinished(this.#isFinished);
    this.#input.add(data, inputEncoding);
    return this;
  }

  /**
   * @param {string} [outputEncoding]
   * @returns {any} a Buffer, or a string where an encoding is given
   */
  digest(outputEncoding) {
    requireUnfinished(this.#isFinished);
    this.#isFinished = true;
    return encoded(host.digest(this.#hash, this.#input.all()), outputEncoding);
  }

  copy() {
    requireUnfinished(this.#isFinished);
    const copy = new Hash(this.#hash);
    copy.#input = this.#input.copy();
    return copy;
  }
}

export class Hmac {
  #hash;
  #key;
  #input = new Gathered();
  #isFinished = false;

  /**
   * @param {string} algorithm
   * @param {unknown} key
   * @param {{ encoding?: string }} [options]
   */
  constructor(algorithm, key, options) {
    this.#hash = requireHash(algorithm);
    this.#key = secretBytesOf(key, options?.encoding);
  }

  /**
   * @param {unknown} data
   * @param {string} [inputEncoding]
   */
  update(data, inputEncoding) {
    requireUnfinished(this.#isFinished);
    this.#input.add(data, inputEncoding);
    return this;
  }

  /**
   * @param {string} [outputEncoding]
   * @returns {any} a Buffer, or a string where an encoding is given
   */
  digest(outputEncoding) {
    // Node's second digest is empty here, against its own documentation; two empty signatures would be equal.
    requireUnfinished(this.#isFinished);
    this.#isFinished = true;
    return encoded(host.hmac(this.#hash, this.#key, this.#input.all()), outputEncoding);
  }
}

/**
 * @param {boolean} isFinished
 */
function requireUnfinished(isFinished) {
  if (isFinished)
    throw coded(Error, 'ERR_CRYPTO_HASH_FINALIZED', 'Digest already called. Create a new hash for new data.');
}
