/**
 * JSON Web Keys (RFC 7517, 7518, 8037): RSA, EC on P-256, OKP with Ed25519.
 * Never looks at `alg`, `use` or `key_ops`: what a key may be used for is a question for the caller.
 */
import { base64url, bytesOf } from './bytes.js';
import { withoutLeadingZeros } from './der.js';
import { coded } from './errors.js';
import { RSA_PRIVATE_FIELDS, SUPPORTED_KEYS, publicOf } from './key-formats.js';

/** @typedef {import('./key-formats.js').Key} Key */
/** @typedef {Record<string, any>} Jwk */

/**
 * @param {unknown} jwk
 * @returns {Key}
 */
export function readJwk(jwk) {
  if (typeof jwk !== 'object' || jwk === null) throw jwkError('A JWK is an object with `kty`. Parse JSON text first.');
  const fields = /** @type {Jwk} */ (jwk);
  if (fields.kty === 'RSA') return readRsa(fields);
  if (fields.kty === 'EC' && fields.crv === 'P-256') return readPoint(fields);
  if (fields.kty === 'OKP' && fields.crv === 'Ed25519') return readEd25519(fields);
  const found = [fields.kty, fields.crv].filter((part) => part !== undefined).join(' ') || 'without kty';
  throw jwkError(
    `This JWK is ${found}. Supported are ${SUPPORTED_KEYS}: kty RSA, EC with crv P-256, OKP with crv Ed25519.`,
  );
}

/**
 * @param {Key} key
 * @returns {Jwk}
 */
export function writeJwk(key) {
  if (key.kind === 'rsa') {
    const fields = key.d ? RSA_PRIVATE_FIELDS : /** @type {const} */ (['n', 'e']);
    return { kty: 'RSA', ...texts(fields.map((field) => [field, key[field]])) };
  }
  const { kind, ...numbers } = { ...publicOf(key), d: key.d };
  const head = kind === 'ec' ? { kty: 'EC', crv: 'P-256' } : { kty: 'OKP', crv: 'Ed25519' };
  return { ...head, ...texts(Object.entries(numbers)) };
}

/**
 * A field of a JWK as bytes.
 *
 * @param {Jwk} jwk
 * @param {string} field
 */
export function jwkBytes(jwk, field) {
  const text = jwk[field];
  if (typeof text !== 'string' || !/^[A-Za-z0-9_-]+=*$/.test(text)) {
    throw jwkError(`The JWK's \`${field}\` must be base64url text (A–Z, a–z, 0–9, - and _).`);
  }
  return bytesOf(text, field, 'base64url');
}

/**
 * @param {[field: string, number: Uint8Array | undefined][]} numbers
 */
function texts(numbers) {
  return Object.fromEntries(numbers.flatMap(([field, number]) => (number ? [[field, base64url(number)]] : [])));
}

/**
 * @param {Jwk} jwk
 * @returns {Key}
 */
function readRsa(jwk) {
  const fields = jwk.d === undefined ? ['n', 'e'] : RSA_PRIVATE_FIELDS;
  const numbers = fields.map((field) => [field, withoutLeadingZeros(jwkBytes(jwk, field))]);
  return { kind: 'rsa', ...Object.fromEntries(numbers) };
}

/**
 * @param {Jwk} jwk
 * @returns {Key}
 */
function readPoint(jwk) {
  const d = jwk.d === undefined ? {} : { d: exactly32(jwk, 'd') };
  return { kind: 'ec', x: exactly32(jwk, 'x'), y: exactly32(jwk, 'y'), ...d };
}

/**
 * @param {Jwk} jwk
 * @returns {Key}
 */
function readEd25519(jwk) {
  const d = jwk.d === undefined ? {} : { d: exactly32(jwk, 'd') };
  return { kind: 'ed25519', x: exactly32(jwk, 'x'), ...d };
}

/**
 * @param {Jwk} jwk
 * @param {string} field
 */
function exactly32(jwk, field) {
  const bytes = jwkBytes(jwk, field);
  if (bytes.length !== 32) throw jwkError(`The JWK's \`${field}\` must be 32 bytes, but it has ${bytes.length}.`);
  return bytes;
}

/**
 * @param {string} message
 */
function jwkError(message) {
  return coded(Error, 'ERR_CRYPTO_INVALID_JWK', message);
}
