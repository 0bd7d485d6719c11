/**
 * The algorithm names of Web Crypto that connectors can use.
 * Never guesses: a name that is not here is a NotSupportedError that lists the ones that are.
 */
import { domError } from './errors.js';
import { hashNamed } from './host.js';

/** @typedef {import('./host.js').HashName} HashName */

const NAMES = ['HMAC', 'Ed25519', 'ECDSA', 'RSASSA-PKCS1-v1_5', 'RSA-PSS'];

const SUPPORTED =
  'Supported: digest with SHA-1, SHA-256, SHA-384 and SHA-512; importKey, exportKey, sign and verify with HMAC, Ed25519, ' +
  'ECDSA (P-256), RSASSA-PKCS1-v1_5 and RSA-PSS.';

/**
 * The algorithm as an object with its standard name.
 *
 * @param {unknown} algorithm a name, or an object with one
 * @returns {any}
 */
export function requireName(algorithm) {
  const parameters = typeof algorithm === 'string' ? { name: algorithm } : { .../** @type {any} */ (algorithm) };
  const name = NAMES.find((known) => known.toLowerCase() === String(parameters.name).toLowerCase());
  if (!name) throw unsupported(`The algorithm ${String(parameters.name)} is not supported.`);
  return { ...parameters, name };
}

/**
 * @param {unknown} algorithm a name, or an object with one
 * @returns {HashName}
 */
export function requireHash(algorithm) {
  const name = typeof algorithm === 'string' ? algorithm : /** @type {any} */ (algorithm)?.name;
  // The standard writes SHA-256; names in the style of OpenSSL are node's alone.
  const hash = /^sha-\d+$/i.test(String(name)) && hashNamed(String(name));
  if (hash) return hash;
  throw unsupported(`The hash ${String(name)} is not supported.`);
}

/**
 * The name in the standard's spelling: `SHA-256`.
 *
 * @param {HashName} hash
 */
export function webHashName(hash) {
  return hash.replace('sha', 'SHA-');
}

/**
 * @param {string} sentence
 */
export function unsupported(sentence) {
  return domError('NotSupportedError', `${sentence} ${SUPPORTED}`);
}
