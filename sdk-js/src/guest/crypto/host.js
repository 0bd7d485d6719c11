/**
 * The host's crypto interface: the only file that imports it.
 * Adds hash names and key encoding, and turns what the host says into errors. Never computes anything itself.
 */

// @ts-ignore: this module exists only inside the component; its types are the contract in wit/connector.wit.
import * as host from 'patchbay:connector/crypto@0.1.0';
import { coded } from './errors.js';
import { writePkcs8, writeSpki } from './key-formats.js';

/** @typedef {'sha1' | 'sha256' | 'sha384' | 'sha512'} HashName */
/** @typedef {{ tag: 'ed25519' } | { tag: 'ecdsa-p256-der' | 'ecdsa-p256-raw' | 'rsa-pkcs1' | 'rsa-pss', val: HashName }} Scheme */
/** @typedef {import('./key-formats.js').Key} Key */

/** The length of each digest in bytes. */
export const HASH_BYTES = /** @type {const} */ ({ sha1: 20, sha256: 32, sha384: 48, sha512: 64 });

/**
 * The hash that a name in the style of OpenSSL or of Web Crypto means; undefined if the host has no such hash.
 *
 * @param {string} name `sha256`, `SHA-256`, `RSA-SHA256`, `sha256WithRSAEncryption`
 * @returns {HashName | undefined}
 */
export function hashNamed(name) {
  const size = /^(?:rsa-)?sha-?(1|256|384|512)(?:withrsaencryption)?$/i.exec(name)?.[1];
  return size === undefined ? undefined : /** @type {HashName} */ (`sha${size}`);
}

/** @type {(hash: HashName, data: Uint8Array) => Uint8Array} */
export const digest = (hash, data) => ours(host.digest(hash, data));

/** @type {(hash: HashName, key: Uint8Array, data: Uint8Array) => Uint8Array} */
export const hmac = (hash, key, data) => ours(host.hmac(hash, key, data));

/** @type {(a: Uint8Array, b: Uint8Array) => boolean} */
export const equal = (a, b) => host.equal(a, b);

/**
 * @param {Scheme} scheme
 * @param {Key} key
 * @param {Uint8Array} data
 * @param {Uint8Array} signature
 * @returns {boolean}
 */
export function verify(scheme, key, data, signature) {
  return told(() => host.verify(scheme, writeSpki(key), data, signature));
}

/**
 * @param {Scheme} scheme
 * @param {Key} key
 * @param {Uint8Array} data
 * @returns {Uint8Array}
 */
export function sign(scheme, key, data) {
  return told(() => ours(host.sign(scheme, writePkcs8(key), data)));
}

/**
 * The same bytes as an array of this realm: the binding makes its arrays in another one, where they are
 * no `instanceof Uint8Array`.
 *
 * @param {Uint8Array} list
 */
function ours(list) {
  return new Uint8Array(list.buffer, list.byteOffset, list.byteLength);
}

/**
 * @template T
 * @param {() => T} call
 * @returns {T}
 */
function told(call) {
  try {
    return call();
  } catch (thrown) {
    // An error result of the host arrives as an error with the sentence as its payload, or as the bare sentence.
    const sentence = /** @type {any} */ (thrown)?.payload ?? thrown;
    if (typeof sentence !== 'string') throw thrown;
    throw coded(Error, 'ERR_CRYPTO_OPERATION_FAILED', sentence);
  }
}
