/**
 * `crypto` as browsers have it: subtle for hashes, HMAC and signatures, getRandomValues and randomUUID.
 * What is not supported rejects with a NotSupportedError that names what is; nothing is done by halves.
 */
import { bytesOfView } from './bytes.js';
import { domError } from './errors.js';
import * as host from './host.js';
import { FILL_BYTES_MAX, fillRandom, randomUUID } from './random.js';
import { requireHash, requireName, unsupported } from './web-algorithms.js';
import { CryptoKey, exportKey, importKey, materialOf } from './web-keys.js';

/** @typedef {import('./host.js').Scheme} Scheme */
/** @typedef {{ name: string, hash?: unknown, saltLength?: number }} Parameters */

export { CryptoKey };

export const crypto = {
  subtle: {
    digest,
    importKey,
    exportKey,
    sign,
    verify,
    decrypt: refused('decrypt'),
    deriveBits: refused('deriveBits'),
    deriveKey: refused('deriveKey'),
    encrypt: refused('encrypt'),
    generateKey: refused('generateKey'),
    unwrapKey: refused('unwrapKey'),
    wrapKey: refused('wrapKey'),
  },
  getRandomValues,
  randomUUID,
};

/**
 * @param {unknown} algorithm
 * @param {unknown} data
 * @returns {Promise<ArrayBuffer>}
 */
async function digest(algorithm, data) {
  return bufferOf(host.digest(requireHash(algorithm), requireBytes(data, 'data')));
}

/**
 * @param {unknown} algorithm
 * @param {unknown} key
 * @param {unknown} data
 * @returns {Promise<ArrayBuffer>}
 */
async function sign(algorithm, key, data) {
  const bytes = requireBytes(data, 'data');
  const { parameters, allowed } = requireUse(algorithm, key, 'sign');
  return bufferOf(signed(parameters, allowed, bytes));
}

/**
 * @param {unknown} algorithm
 * @param {unknown} key
 * @param {unknown} signature
 * @param {unknown} data
 * @returns {Promise<boolean>}
 */
async function verify(algorithm, key, signature, data) {
  const [claimed, bytes] = [requireBytes(signature, 'signature'), requireBytes(data, 'data')];
  const { parameters, allowed } = requireUse(algorithm, key, 'verify');
  const material = materialOf(allowed);
  if (material instanceof Uint8Array) {
    const expected = signed(parameters, allowed, bytes);
    return expected.length === claimed.length && host.equal(expected, claimed);
  }
  return operated(() => host.verify(schemeOf(parameters, allowed), material, bytes, claimed));
}

/**
 * @template {ArrayBufferView} T
 * @param {T} view
 * @returns {T}
 */
function getRandomValues(view) {
  if (
    !ArrayBuffer.isView(view) ||
    view instanceof DataView ||
    view instanceof Float32Array ||
    view instanceof Float64Array
  ) {
    throw domError('TypeMismatchError', 'getRandomValues fills a typed array of integers, for example a Uint8Array.');
  }
  if (view.byteLength > FILL_BYTES_MAX) {
    throw domError(
      'QuotaExceededError',
      `getRandomValues fills at most ${FILL_BYTES_MAX} bytes at once, not ${view.byteLength}.`,
    );
  }
  fillRandom(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  return view;
}

/**
 * @param {Parameters} parameters
 * @param {CryptoKey} key
 * @param {Uint8Array} data
 */
function signed(parameters, key, data) {
  const material = materialOf(key);
  if (material instanceof Uint8Array) return host.hmac(requireHash(key.algorithm.hash), material, data);
  return operated(() => host.sign(schemeOf(parameters, key), material, data));
}

/**
 * The algorithm's parameters and the key, if that key may be used so.
 *
 * @param {unknown} algorithm
 * @param {unknown} key
 * @param {'sign' | 'verify'} use
 */
function requireUse(algorithm, key, use) {
  const parameters = requireName(algorithm);
  if (!(key instanceof CryptoKey))
    throw new TypeError(`The key of ${use}() must be a CryptoKey: make one with crypto.subtle.importKey.`);
  if (key.algorithm.name !== parameters.name) {
    throw domError(
      'InvalidAccessError',
      `The key is for ${key.algorithm.name}, but ${use}() is called for ${parameters.name}.`,
    );
  }
  if (!key.usages.includes(use)) {
    throw domError(
      'InvalidAccessError',
      `The key was imported for [${key.usages.join(', ')}]; ${use}() needs the usage '${use}'.`,
    );
  }
  return { parameters, allowed: key };
}

/**
 * @param {Parameters} parameters
 * @param {CryptoKey} key
 * @returns {Scheme}
 */
function schemeOf(parameters, key) {
  if (parameters.name === 'Ed25519') return { tag: 'ed25519' };
  if (parameters.name === 'ECDSA') return { tag: 'ecdsa-p256-raw', val: requireHash(parameters.hash) };
  const hash = requireHash(key.algorithm.hash);
  if (parameters.name === 'RSASSA-PKCS1-v1_5') return { tag: 'rsa-pkcs1', val: hash };
  if (parameters.saltLength === host.HASH_BYTES[hash]) return { tag: 'rsa-pss', val: hash };
  const length = host.HASH_BYTES[hash];
  throw unsupported(
    `RSA-PSS with ${hash} and saltLength ${String(parameters.saltLength)} is not supported; saltLength has to be ${length}.`,
  );
}

/**
 * @template T
 * @param {() => T} call
 */
function operated(call) {
  try {
    return call();
  } catch (error) {
    if (/** @type {any} */ (error)?.code === 'ERR_CRYPTO_OPERATION_FAILED') {
      throw domError('OperationError', /** @type {Error} */ (error).message);
    }
    throw error;
  }
}

/**
 * @param {unknown} input
 * @param {string} what
 */
function requireBytes(input, what) {
  const bytes = bytesOfView(input);
  if (bytes) return bytes;
  throw new TypeError(
    `The ${what} must be an ArrayBuffer, a typed array or a DataView. A string becomes one by new TextEncoder().encode(text).`,
  );
}

/**
 * @param {Uint8Array} bytes
 * @returns {ArrayBuffer}
 */
function bufferOf(bytes) {
  return /** @type {ArrayBuffer} */ (bytes.slice().buffer);
}

/**
 * @param {string} method
 * @returns {(...parameters: unknown[]) => Promise<never>}
 */
function refused(method) {
  return async () => {
    throw unsupported(`crypto.subtle.${method} is not available to connectors.`);
  };
}
