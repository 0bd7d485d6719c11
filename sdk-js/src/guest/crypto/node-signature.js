/**
 * sign, verify, createSign and createVerify, as in node:crypto. The host does the arithmetic.
 * A wrong signature is `false`; only a key or an option that cannot be used throws.
 */
import { Gathered, bytesOf, bytesOfBinary, encoded } from './bytes.js';
import { coded, typeError } from './errors.js';
import * as host from './host.js';
import { privateKeyOf, publicKeyOf } from './key-object.js';
import { requireHash } from './node-hash.js';

/** @typedef {import('./key-formats.js').Key} Key */
/** @typedef {import('./host.js').HashName} HashName */
/** @typedef {{ padding?: number, saltLength?: number, dsaEncoding?: string }} Options */

export const constants = Object.freeze({
  RSA_PKCS1_PADDING: 1,
  RSA_PKCS1_PSS_PADDING: 6,
  RSA_PSS_SALTLEN_DIGEST: -1,
  RSA_PSS_SALTLEN_MAX_SIGN: -2,
  RSA_PSS_SALTLEN_AUTO: -2,
});

/**
 * @param {string | null | undefined} algorithm a hash; null for Ed25519
 * @param {unknown} data
 * @param {unknown} key a key, or an object with `key` and options
 * @param {unknown} signature
 * @param {(error: unknown, isValid?: boolean) => void} [callback]
 */
export function verify(algorithm, data, key, signature, callback) {
  return answer(callback, () => {
    const publicKey = publicKeyOf(key);
    const scheme = schemeOf(publicKey, algorithm, optionsOf(key), 'verify');
    return host.verify(
      scheme,
      publicKey,
      bytesOf(data, 'data of verify()'),
      bytesOfBinary(signature, 'signature of verify()'),
    );
  });
}

/**
 * @param {string | null | undefined} algorithm a hash; null for Ed25519
 * @param {unknown} data
 * @param {unknown} key a key, or an object with `key` and options
 * @param {(error: unknown, signature?: any) => void} [callback]
 */
export function sign(algorithm, data, key, callback) {
  return answer(callback, () => {
    const privateKey = privateKeyOf(key);
    const scheme = schemeOf(privateKey, algorithm, optionsOf(key), 'sign');
    return encoded(host.sign(scheme, privateKey, bytesOf(data, 'data of sign()')));
  });
}

/**
 * @param {string} algorithm
 */
export function createVerify(algorithm) {
  return new Verify(algorithm);
}

/**
 * @param {string} algorithm
 */
export function createSign(algorithm) {
  return new Sign(algorithm);
}

/** What Sign and Verify share: a hash, and data that is given piece by piece. */
class Gathering {
  #input = new Gathered();

  /**
   * @param {string} algorithm
   */
  constructor(algorithm) {
    this.algorithm = requireHash(algorithm);
  }

  /**
   * @param {unknown} data
   * @param {string} [inputEncoding]
   */
  update(data, inputEncoding) {
    this.#input.add(data, inputEncoding);
    return this;
  }

  /** @protected */
  gathered() {
    return this.#input.all();
  }
}

export class Verify extends Gathering {
  /**
   * @param {unknown} key
   * @param {unknown} signature
   * @param {string} [signatureEncoding]
   */
  verify(key, signature, signatureEncoding) {
    return verify(this.algorithm, this.gathered(), key, bytesOf(signature, 'signature of verify()', signatureEncoding));
  }
}

export class Sign extends Gathering {
  /**
   * @param {unknown} key
   * @param {string} [outputEncoding]
   * @returns {any} a Buffer, or a string where an encoding is given
   */
  sign(key, outputEncoding) {
    return encoded(sign(this.algorithm, this.gathered(), key), outputEncoding);
  }
}

/**
 * Returns what the call gives, or hands it to the callback where there is one.
 *
 * @template T
 * @param {((error: unknown, value?: T) => void) | undefined} callback
 * @param {() => T} call
 * @returns {any}
 */
function answer(callback, call) {
  if (callback === undefined) return call();
  if (typeof callback !== 'function') throw typeError('callback', 'a function', callback);
  // As in node, what is wrong with the arguments is thrown; only the result comes later.
  const value = call();
  queueMicrotask(() => callback(null, value));
  return undefined;
}

/**
 * @param {unknown} key
 * @returns {Options}
 */
function optionsOf(key) {
  return typeof key === 'object' && key !== null && 'key' in key ? /** @type {Options} */ (key) : {};
}

/**
 * @param {Key} key
 * @param {string | null | undefined} algorithm
 * @param {Options} options
 * @param {'sign' | 'verify'} purpose
 * @returns {import('./host.js').Scheme}
 */
function schemeOf(key, algorithm, options, purpose) {
  if (key.kind === 'ed25519') {
    if (algorithm === null || algorithm === undefined) return { tag: 'ed25519' };
    throw invalid(
      `Ed25519 has its own hash: pass null instead of '${String(algorithm)}', to ${purpose}(null, data, key).`,
    );
  }
  const hash = requireHash(algorithm ?? 'sha256');
  if (key.kind === 'ec') return { tag: ecdsaTag(options.dsaEncoding ?? 'der'), val: hash };
  if (options.padding === constants.RSA_PKCS1_PSS_PADDING) {
    requireSaltLength(options.saltLength, hash, purpose);
    return { tag: 'rsa-pss', val: hash };
  }
  if ((options.padding ?? constants.RSA_PKCS1_PADDING) === constants.RSA_PKCS1_PADDING)
    return { tag: 'rsa-pkcs1', val: hash };
  throw invalid('The padding of an RSA signature is constants.RSA_PKCS1_PADDING or constants.RSA_PKCS1_PSS_PADDING.');
}

/**
 * @param {string} dsaEncoding
 */
function ecdsaTag(dsaEncoding) {
  if (dsaEncoding === 'der') return 'ecdsa-p256-der';
  if (dsaEncoding === 'ieee-p1363') return 'ecdsa-p256-raw';
  throw invalid(`The dsaEncoding is 'der' or 'ieee-p1363', not '${String(dsaEncoding)}'.`);
}

/**
 * The host knows one length of salt, that of the hash: it is the one of PS256, PS384 and PS512. Node's defaults
 * (the longest for sign, any for verify) stand for it here, so signatures remain valid for everybody, and a
 * signature with a salt of another length is wrong.
 *
 * @param {number | undefined} saltLength
 * @param {HashName} hash
 * @param {'sign' | 'verify'} purpose
 */
function requireSaltLength(saltLength, hash, purpose) {
  const length = host.HASH_BYTES[hash];
  const isAuto = purpose === 'verify' && saltLength === constants.RSA_PSS_SALTLEN_AUTO;
  if (saltLength === undefined || saltLength === constants.RSA_PSS_SALTLEN_DIGEST || saltLength === length || isAuto)
    return;
  throw invalid(
    `The saltLength of RSA-PSS with ${hash} is ${length} here (constants.RSA_PSS_SALTLEN_DIGEST), not ${String(saltLength)}.`,
  );
}

/**
 * @param {string} message
 */
function invalid(message) {
  return coded(TypeError, 'ERR_INVALID_ARG_VALUE', message);
}
