/**
 * KeyObject and the functions that make one, as in node:crypto.
 * Key material stays in the guest until a call hands it to the host; nothing here keeps a key beyond the object.
 */
import { asBuffer, base64url, bytesOf, bytesOfView, encoded } from './bytes.js';
import { coded, keyError, typeError } from './errors.js';
import { equal } from './host.js';
import { readJwk, writeJwk } from './jwk.js';
import * as formats from './key-formats.js';
import { readPem, writePem } from './pem.js';

/** @typedef {import('./key-formats.js').Key} Key */
/** @typedef {'secret' | 'public' | 'private'} KeyType */

/** @type {Record<string, (bytes: Uint8Array) => Key>} */
const PEM_READERS = {
  'PUBLIC KEY': formats.readSpki,
  'RSA PUBLIC KEY': formats.readPkcs1Public,
  CERTIFICATE: formats.readCertificate,
  'PRIVATE KEY': formats.readPkcs8,
  'RSA PRIVATE KEY': formats.readPkcs1Private,
  'EC PRIVATE KEY': formats.readSec1,
};

/** @type {Record<string, [label: string, write: (key: any) => Uint8Array]>} */
const WRITERS = {
  'public spki': ['PUBLIC KEY', formats.writeSpki],
  'public pkcs1': ['RSA PUBLIC KEY', formats.writePkcs1Public],
  'private pkcs8': ['PRIVATE KEY', formats.writePkcs8],
  'private pkcs1': ['RSA PRIVATE KEY', formats.writePkcs1Private],
};

/** A secret, public or private key. */
export class KeyObject {
  /** @type {KeyType} */
  #type;
  /** @type {Uint8Array | Key} */
  #material;

  /**
   * @param {KeyType} type
   * @param {Uint8Array | Key} material
   */
  constructor(type, material) {
    this.#type = type;
    this.#material = material;
  }

  get type() {
    return this.#type;
  }

  get asymmetricKeyType() {
    return this.#type === 'secret' ? undefined : this.#key().kind;
  }

  get asymmetricKeyDetails() {
    if (this.#type === 'secret') return undefined;
    const key = this.#key();
    if (key.kind === 'ec') return { namedCurve: 'prime256v1' };
    return key.kind === 'rsa' ? { modulusLength: formats.bitLength(key.n), publicExponent: numberOf(key.e) } : {};
  }

  get symmetricKeySize() {
    return this.#type === 'secret' ? secretOf(this).length : undefined;
  }

  /**
   * @param {{ format?: 'pem' | 'der' | 'jwk' | 'buffer', type?: string }} [options]
   * @returns {any}
   */
  export(options = {}) {
    const { format } = options;
    if (this.#type === 'secret') {
      return format === 'jwk' ? { kty: 'oct', k: base64url(secretOf(this)) } : asBuffer(secretOf(this).slice());
    }
    if (format === 'jwk') return writeJwk(this.#key());
    const type = options.type ?? (this.#type === 'public' ? 'spki' : 'pkcs8');
    const writer = WRITERS[`${this.#type} ${type}`];
    if (!writer || (type === 'pkcs1' && this.#key().kind !== 'rsa')) {
      throw invalid(
        `A ${this.#type} key is exported as type 'spki' (public), 'pkcs8' (private) or 'pkcs1' (RSA), not '${type}'.`,
      );
    }
    const [label, write] = writer;
    if (format === 'der') return asBuffer(write(this.#key()));
    if (format === 'pem') return writePem(label, write(this.#key()));
    throw invalid(`export() needs a format: 'pem', 'der' or 'jwk', not '${String(format)}'.`);
  }

  /**
   * @param {KeyObject} other
   */
  equals(other) {
    if (!(other instanceof KeyObject)) throw typeError('key of equals()', 'a KeyObject', other);
    return this.#type === other.#type && equal(this.#bytes(), other.#bytes());
  }

  get [Symbol.toStringTag]() {
    return 'KeyObject';
  }

  /**
   * The bytes of a secret key.
   *
   * @param {KeyObject} key
   */
  static secret(key) {
    if (key.#type !== 'secret') throw wrongType(key.#type, 'secret');
    return /** @type {Uint8Array} */ (key.#material);
  }

  /**
   * The numbers of a public or private key.
   *
   * @param {KeyObject} key
   */
  static asymmetric(key) {
    if (key.#type === 'secret') throw wrongType('secret', 'public or private');
    return key.#key();
  }

  #key() {
    return /** @type {Key} */ (this.#material);
  }

  #bytes() {
    if (this.#type === 'secret') return secretOf(this);
    return this.#type === 'public' ? formats.writeSpki(this.#key()) : formats.writePkcs8(this.#key());
  }
}

/**
 * @param {unknown} key
 * @param {string} [encoding]
 */
export function createSecretKey(key, encoding) {
  return new KeyObject('secret', bytesOf(key, 'key of createSecretKey', encoding).slice());
}

/**
 * @param {unknown} key
 */
export function createPublicKey(key) {
  return new KeyObject('public', publicKeyOf(key));
}

/**
 * @param {unknown} key
 */
export function createPrivateKey(key) {
  return new KeyObject('private', privateKeyOf(key));
}

/**
 * The bytes of an HMAC key.
 *
 * @param {unknown} key
 * @param {string} [encoding]
 */
export function secretBytesOf(key, encoding) {
  return key instanceof KeyObject ? secretOf(key) : bytesOf(key, 'key of createHmac', encoding).slice();
}

/**
 * The public key in whatever node accepts as one: also a certificate, or a private key, which contains it.
 *
 * @param {unknown} input
 * @returns {Key}
 */
export function publicKeyOf(input) {
  return formats.publicOf(keyOf(input, () => true));
}

/**
 * The private key in whatever node accepts as one.
 *
 * @param {unknown} input
 * @returns {Key}
 */
export function privateKeyOf(input) {
  const key = keyOf(input, (label) => label.endsWith('PRIVATE KEY'));
  if (!key.d) throw wrongType('public', 'private');
  return key;
}

/**
 * @param {unknown} input
 * @param {(label: string) => boolean} isWanted which PEM blocks may hold the key
 * @returns {Key}
 */
function keyOf(input, isWanted) {
  if (input instanceof KeyObject) return KeyObject.asymmetric(input);
  if (typeof input === 'string' || bytesOfView(input)) return keyOfPem(input, isWanted);
  if (typeof input !== 'object' || input === null || !('key' in input)) {
    throw typeError('key', 'a PEM string, a Buffer, a KeyObject or { key, format, type }', input);
  }
  const { key, format = 'pem', type, encoding } = /** @type {Record<string, any>} */ (input);
  if (key instanceof KeyObject) return KeyObject.asymmetric(key);
  if (format === 'jwk') return readJwk(key);
  if (format === 'der') return keyOfDer(bytesOf(key, 'key', encoding), type);
  if (format === 'pem') return keyOfPem(key, isWanted);
  throw invalid(`The format of a key is 'pem', 'der' or 'jwk', not '${String(format)}'.`);
}

/**
 * @param {unknown} input
 * @param {(label: string) => boolean} isWanted
 */
function keyOfPem(input, isWanted) {
  const text = typeof input === 'string' ? input : String(encoded(bytesOf(input, 'key'), 'latin1'));
  const blocks = readPem(text);
  const block = blocks.find(({ label }) => Object.hasOwn(PEM_READERS, label) && isWanted(label));
  if (block) return PEM_READERS[block.label](block.bytes);
  const labels = Object.keys(PEM_READERS).filter(isWanted).join(', ');
  throw keyError(
    `The PEM holds ${blocks.map(({ label }) => label).join(', ')}, but one of these is needed: ${labels}.`,
  );
}

/**
 * @param {Uint8Array} bytes
 * @param {unknown} type
 */
function keyOfDer(bytes, type) {
  if (type === 'spki') return formats.readSpki(bytes);
  if (type === 'pkcs8') return formats.readPkcs8(bytes);
  if (type === 'sec1') return formats.readSec1(bytes);
  if (type === 'pkcs1') return readEitherPkcs1(bytes);
  throw invalid(`A key in DER needs a type: 'spki', 'pkcs8', 'pkcs1' or 'sec1', not '${String(type)}'.`);
}

/**
 * A public key in PKCS#1 is two numbers, a private one starts with a version and has nine.
 *
 * @param {Uint8Array} bytes
 */
function readEitherPkcs1(bytes) {
  try {
    return formats.readPkcs1Private(bytes);
  } catch {
    return formats.readPkcs1Public(bytes);
  }
}

/**
 * @param {KeyObject} key
 */
function secretOf(key) {
  return KeyObject.secret(key);
}

/**
 * @param {Uint8Array} number
 */
function numberOf(number) {
  return number.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

/**
 * @param {KeyType} actual
 * @param {string} wanted
 */
function wrongType(actual, wanted) {
  return coded(
    TypeError,
    'ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE',
    `This needs a ${wanted} key, but the key is ${actual}.`,
  );
}

/**
 * @param {string} message
 */
function invalid(message) {
  return coded(TypeError, 'ERR_INVALID_ARG_VALUE', message);
}
