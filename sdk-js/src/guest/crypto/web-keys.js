/**
 * CryptoKey, importKey and exportKey of Web Crypto.
 * Key material is never a property of the key: only this module reaches it.
 */
import { base64url, bytesOfView } from './bytes.js';
import { domError } from './errors.js';
import { jwkBytes, readJwk, writeJwk } from './jwk.js';
import * as formats from './key-formats.js';
import { requireHash, requireName, unsupported, webHashName } from './web-algorithms.js';

/** @typedef {import('./key-formats.js').Key} Key */
/** @typedef {Uint8Array | Key} Material the bytes of an HMAC key, the numbers of any other */
/** @typedef {'secret' | 'public' | 'private'} KeyType */

/** @type {Record<string, Key['kind']>} */
const KINDS = { Ed25519: 'ed25519', ECDSA: 'ec', 'RSASSA-PKCS1-v1_5': 'rsa', 'RSA-PSS': 'rsa' };

/** @type {Record<KeyType, string[]>} */
const USAGES = { secret: ['sign', 'verify'], public: ['verify'], private: ['sign'] };

/** @type {WeakMap<CryptoKey, Material>} */
const materials = new WeakMap();

export class CryptoKey {
  /**
   * @param {KeyType} type
   * @param {boolean} extractable
   * @param {any} algorithm
   * @param {string[]} usages
   * @param {Material} material
   */
  constructor(type, extractable, algorithm, usages, material) {
    this.type = type;
    this.extractable = extractable;
    this.algorithm = Object.freeze(algorithm);
    this.usages = Object.freeze([...usages]);
    materials.set(this, material);
    Object.freeze(this);
  }

  get [Symbol.toStringTag]() {
    return 'CryptoKey';
  }
}

/**
 * @param {CryptoKey} key
 * @returns {Material}
 */
export function materialOf(key) {
  const material = materials.get(key);
  if (!material) throw new TypeError('This is not a CryptoKey of crypto.subtle.importKey.');
  return material;
}

/**
 * @param {string} format `raw`, `spki`, `pkcs8` or `jwk`
 * @param {unknown} data
 * @param {unknown} algorithm
 * @param {boolean} extractable
 * @param {string[]} usages
 */
export async function importKey(format, data, algorithm, extractable, usages) {
  const parameters = requireName(algorithm);
  const imported =
    parameters.name === 'HMAC' ? importSecret(format, data, parameters) : importPair(format, data, parameters);
  requireUsages(usages, imported.type);
  if (format === 'jwk') requireJwkAllows(/** @type {any} */ (data), imported.algorithm, extractable, usages);
  const isExtractable = imported.type === 'public' || Boolean(extractable);
  return new CryptoKey(imported.type, isExtractable, imported.algorithm, usages, imported.material);
}

/**
 * @param {string} format
 * @param {CryptoKey} key
 * @returns {Promise<any>} an ArrayBuffer, or an object for `jwk`
 */
export async function exportKey(format, key) {
  const material = materialOf(key);
  if (!key.extractable)
    throw domError('InvalidAccessError', 'The key is not extractable: it was imported with extractable = false.');
  if (format === 'jwk') {
    const numbers = material instanceof Uint8Array ? { kty: 'oct', k: base64url(material) } : writeJwk(material);
    const alg = jwkAlgorithm(key.algorithm);
    return { ...numbers, ...(alg && key.algorithm.hash && { alg }), key_ops: [...key.usages], ext: true };
  }
  const bytes = exported(format, key, material);
  if (bytes) return bytes.slice().buffer;
  throw unsupported(`A ${key.type} ${key.algorithm.name} key cannot be exported as '${String(format)}'.`);
}

/**
 * @param {string} format
 * @param {unknown} data
 * @param {{ hash?: unknown, length?: number }} parameters
 * @returns {{ type: KeyType, algorithm: any, material: Material }}
 */
function importSecret(format, data, parameters) {
  const hash = requireHash(parameters.hash);
  const material = secretBytes(format, data);
  const length = material.length * 8;
  if (length === 0)
    throw domError('DataError', 'The HMAC key is empty. Is the secret set in the connector parameters?');
  if ((parameters.length ?? length) !== length) {
    throw domError(
      'DataError',
      `The HMAC key has ${length} bits, but length says ${parameters.length}. Leave length out.`,
    );
  }
  return { type: 'secret', algorithm: { name: 'HMAC', hash: { name: webHashName(hash) }, length }, material };
}

/**
 * @param {string} format
 * @param {unknown} data
 */
function secretBytes(format, data) {
  if (format === 'raw') return requireBytes(data).slice();
  if (format !== 'jwk') throw unsupported(`An HMAC key is imported as 'raw' or 'jwk', not '${String(format)}'.`);
  if (/** @type {any} */ (data)?.kty !== 'oct') throw domError('DataError', 'The JWK of an HMAC key has kty "oct".');
  return orDataError(() => jwkBytes(/** @type {any} */ (data), 'k'));
}

/**
 * @param {string} format
 * @param {unknown} data
 * @param {{ name: string, hash?: unknown, namedCurve?: string }} parameters
 * @returns {{ type: KeyType, algorithm: any, material: Material }}
 */
function importPair(format, data, parameters) {
  const { name } = parameters;
  const kind = KINDS[name];
  if (kind === 'ec' && parameters.namedCurve !== 'P-256') {
    throw unsupported(`The curve ${String(parameters.namedCurve)} is not supported; namedCurve has to be 'P-256'.`);
  }
  const hash = kind === 'rsa' ? webHashName(requireHash(parameters.hash)) : '';
  const material = orDataError(() => readKey(format, data, kind));
  if (material.kind !== kind) throw domError('DataError', `This is not a key for ${name}.`);
  return { type: material.d ? 'private' : 'public', algorithm: algorithmOf(name, hash, material), material };
}

/**
 * @param {string} format
 * @param {unknown} data
 * @param {Key['kind']} kind
 * @returns {Key}
 */
function readKey(format, data, kind) {
  if (format === 'jwk') return readJwk(data);
  const bytes = requireBytes(data).slice();
  if (format === 'spki') return formats.readSpki(bytes);
  if (format === 'pkcs8') return formats.readPkcs8(bytes);
  if (format === 'raw' && kind === 'ec') return { kind, ...formats.pointOf(bytes) };
  if (format === 'raw' && kind === 'ed25519') return { kind, x: formats.exactly32(bytes) };
  throw unsupported(
    `This key is imported as 'spki', 'pkcs8', 'jwk' or, if it is a public EC or Ed25519 key, 'raw'; not as '${String(format)}'.`,
  );
}

/**
 * @param {string} name
 * @param {string} hash
 * @param {Key} key
 */
function algorithmOf(name, hash, key) {
  if (key.kind === 'ed25519') return { name };
  if (key.kind === 'ec') return { name, namedCurve: 'P-256' };
  return { name, modulusLength: formats.bitLength(key.n), publicExponent: key.e.slice(), hash: { name: hash } };
}

/**
 * @param {string} format
 * @param {CryptoKey} key
 * @param {Material} material
 */
function exported(format, key, material) {
  if (material instanceof Uint8Array) return format === 'raw' ? material : undefined;
  if (key.type === 'private') return format === 'pkcs8' ? formats.writePkcs8(material) : undefined;
  if (format === 'spki') return formats.writeSpki(material);
  if (format !== 'raw') return undefined;
  if (material.kind === 'ec') return formats.writePoint(material);
  return material.kind === 'ed25519' ? material.x : undefined;
}

/**
 * @param {string[]} usages
 * @param {KeyType} type
 */
function requireUsages(usages, type) {
  if (!Array.isArray(usages)) throw new TypeError("The usages of importKey are a list, for example ['verify'].");
  const surplus = usages.find((usage) => !USAGES[type].includes(usage));
  const expected = USAGES[type].map((usage) => `'${usage}'`).join(' and ');
  if (surplus !== undefined)
    throw domError(
      'SyntaxError',
      `A ${type} key of this kind cannot be used for '${String(surplus)}', only for ${expected}.`,
    );
  if (usages.length === 0 && type !== 'public')
    throw domError('SyntaxError', `A ${type} key needs a usage: ${expected}.`);
}

/**
 * Refuses a use that the JWK itself rules out.
 *
 * @param {Record<string, any>} jwk
 * @param {any} algorithm
 * @param {boolean} extractable
 * @param {string[]} usages
 */
function requireJwkAllows(jwk, algorithm, extractable, usages) {
  const alg = jwkAlgorithm(algorithm);
  const isAlgRight = jwk.alg === undefined || jwk.alg === alg || (alg === 'EdDSA' && jwk.alg === 'Ed25519');
  if (!isAlgRight) throw domError('DataError', `The JWK is for alg ${String(jwk.alg)}, but is imported for ${alg}.`);
  if (jwk.use !== undefined && jwk.use !== 'sig' && usages.length > 0)
    throw domError('DataError', `The JWK has use "${String(jwk.use)}", not "sig".`);
  const missing = Array.isArray(jwk.key_ops) && usages.find((usage) => !jwk.key_ops.includes(usage));
  if (missing) throw domError('DataError', `The JWK's key_ops do not allow '${missing}'.`);
  if (jwk.ext === false && extractable)
    throw domError('DataError', 'The JWK has ext false: import it with extractable = false.');
}

/**
 * The JOSE name of an algorithm.
 *
 * @param {any} algorithm
 */
function jwkAlgorithm({ name, hash }) {
  if (name === 'Ed25519') return 'EdDSA';
  if (name === 'ECDSA') return 'ES256';
  const prefix = name === 'HMAC' ? 'HS' : name === 'RSA-PSS' ? 'PS' : 'RS';
  return prefix + hash.name.slice('SHA-'.length);
}

/**
 * @template T
 * @param {() => T} read
 */
function orDataError(read) {
  try {
    return read();
  } catch (error) {
    // Readers speak with node's codes; the standard knows DataError for every key that cannot be read.
    if (/^ERR_CRYPTO_INVALID_/.test(/** @type {any} */ (error)?.code))
      throw domError('DataError', /** @type {Error} */ (error).message);
    throw error;
  }
}

/**
 * @param {unknown} data
 */
function requireBytes(data) {
  const bytes = bytesOfView(data);
  if (!bytes) throw new TypeError("The key data must be an ArrayBuffer or a typed array; for format 'jwk' an object.");
  return bytes;
}
