/**
 * Keys in the binary formats that providers hand out: SubjectPublicKeyInfo, PKCS#8, PKCS#1, SEC 1 and X.509.
 * Every format is read into the numbers of the key and written from them. Never checks a certificate's signature or dates.
 */
import { concat, hex } from './bytes.js';
import * as der from './der.js';
import { keyError } from './errors.js';

/**
 * The numbers of a key, named as in a JWK, big-endian. A key with `d` is private.
 *
 * @typedef {{ kind: 'rsa', n: Uint8Array, e: Uint8Array, d?: Uint8Array, p?: Uint8Array, q?: Uint8Array,
 *   dp?: Uint8Array, dq?: Uint8Array, qi?: Uint8Array }} RsaKey
 * @typedef {{ kind: 'ec', x?: Uint8Array, y?: Uint8Array, d?: Uint8Array }} EcKey
 * @typedef {{ kind: 'ed25519', x?: Uint8Array, d?: Uint8Array }} Ed25519Key
 * @typedef {RsaKey | EcKey | Ed25519Key} Key
 */

const { TAG } = der;

const RSA = '2a864886f70d010101';
const EC = '2a8648ce3d0201';
const P256 = '2a8648ce3d030107';
const ED25519 = '2b6570';

/** What a key might be instead, so that an error can name it. */
const UNSUPPORTED = new Map([
  ['2a864886f70d01010a', 'an RSA key restricted to PSS'],
  ['2a8648ce380401', 'a DSA key'],
  ['2b656e', 'an X25519 key'],
  ['2b656f', 'an X448 key'],
  ['2b6571', 'an Ed448 key'],
  ['2b8104000a', 'a key on the curve secp256k1'],
  ['2b81040022', 'a key on the curve P-384'],
  ['2b81040023', 'a key on the curve P-521'],
]);

export const SUPPORTED_KEYS = 'RSA, EC on the curve P-256 (prime256v1) and Ed25519';

/** The whole numbers of a private RSA key, in the order of PKCS#1. */
export const RSA_PRIVATE_FIELDS = /** @type {const} */ (['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi']);

/**
 * @param {Uint8Array} bytes SubjectPublicKeyInfo
 * @returns {Key}
 */
export function readSpki(bytes) {
  const [algorithm, key] = der.readSequence(bytes);
  const kind = kindOf(algorithm);
  const bits = der.readBits(key);
  if (kind === 'rsa') return readPkcs1Public(bits);
  if (kind === 'ec') return { kind, ...pointOf(bits) };
  return { kind, x: exactly32(bits) };
}

/**
 * @param {Key} key
 */
export function writeSpki(key) {
  if (key.kind === 'rsa') return write(algorithmOf(key), der.writeBits(writePkcs1Public(key)));
  if (key.kind === 'ec') return write(algorithmOf(key), der.writeBits(writePoint(key)));
  return write(algorithmOf(key), der.writeBits(known(key.x)));
}

/**
 * @param {Uint8Array} bytes PKCS#8 PrivateKeyInfo, version 1 or 2
 * @returns {Key}
 */
export function readPkcs8(bytes) {
  const [, algorithm, key, ...optional] = der.readSequence(bytes);
  const kind = kindOf(algorithm);
  const inner = der.contentsOf(key, TAG.octets);
  if (kind === 'rsa') return readPkcs1Private(inner);
  if (kind === 'ec') return readEcPrivate(inner);
  const x = optional.find(({ tag }) => tag === TAG.context1Primitive)?.contents.subarray(1);
  const d = exactly32(der.contentsOf(der.readElements(inner)[0], TAG.octets));
  return { kind, d, ...(x && { x: exactly32(x) }) };
}

/**
 * @param {Key} key
 */
export function writePkcs8(key) {
  const version = der.writeInteger(Uint8Array.of(0));
  return write(version, algorithmOf(key), der.write(TAG.octets, innerPrivate(key)));
}

/**
 * @param {Uint8Array} bytes PKCS#1 RSAPublicKey
 * @returns {RsaKey}
 */
export function readPkcs1Public(bytes) {
  const [n, e] = der.readSequence(bytes).map(der.readInteger);
  return { kind: 'rsa', n: known(n), e: known(e) };
}

/**
 * @param {RsaKey} key
 */
export function writePkcs1Public(key) {
  return write(der.writeInteger(key.n), der.writeInteger(key.e));
}

/**
 * @param {Uint8Array} bytes PKCS#1 RSAPrivateKey
 * @returns {RsaKey}
 */
export function readPkcs1Private(bytes) {
  const [version, ...numbers] = der.readSequence(bytes);
  if (der.readInteger(version).length !== 0) throw keyError('RSA keys with more than two primes are not supported.');
  const [n, e, d, p, q, dp, dq, qi] = numbers.map(der.readInteger);
  return {
    kind: 'rsa',
    n: known(n),
    e: known(e),
    d: known(d),
    p: known(p),
    q: known(q),
    dp: known(dp),
    dq: known(dq),
    qi: known(qi),
  };
}

/**
 * @param {RsaKey} key
 */
export function writePkcs1Private(key) {
  const numbers = RSA_PRIVATE_FIELDS.map((field) => der.writeInteger(known(key[field])));
  return write(der.writeInteger(Uint8Array.of(0)), ...numbers);
}

/**
 * @param {Uint8Array} bytes SEC 1 ECPrivateKey that names its curve
 * @returns {EcKey}
 */
export function readSec1(bytes) {
  const parameters = der.readSequence(bytes).find(({ tag }) => tag === TAG.context0);
  requireP256(der.readElements(der.contentsOf(parameters, TAG.context0))[0]);
  return readEcPrivate(bytes);
}

/**
 * The public key of an X.509 certificate.
 *
 * @param {Uint8Array} bytes
 * @returns {Key}
 */
export function readCertificate(bytes) {
  const [signed] = der.readSequence(bytes);
  const fields = der.readElements(der.contentsOf(signed, TAG.sequence));
  // Before the key: an optional version, then serial number, signature algorithm, issuer, validity and subject.
  const key = fields[fields[0]?.tag === TAG.context0 ? 6 : 5];
  return readSpki(der.write(TAG.sequence, der.contentsOf(key, TAG.sequence)));
}

/**
 * The public key of a private one.
 *
 * @param {Key} key
 * @returns {Key}
 */
export function publicOf(key) {
  if (key.kind === 'rsa') return { kind: 'rsa', n: key.n, e: key.e };
  if (!key.x || (key.kind === 'ec' && !key.y)) {
    throw keyError(
      'This private key does not contain its public key, and the sandbox cannot compute it. Pass the public key instead.',
    );
  }
  return key.kind === 'ec' ? { kind: 'ec', x: key.x, y: key.y } : { kind: 'ed25519', x: key.x };
}

/**
 * The uncompressed point of a public EC key.
 *
 * @param {EcKey} key
 */
export function writePoint(key) {
  return concat([Uint8Array.of(4), known(key.x), known(key.y)]);
}

/**
 * @param {Uint8Array} point
 */
export function pointOf(point) {
  if (point.length === 33) {
    throw keyError('This EC key has a compressed point. Convert it: openssl ec -pubin -conv_form uncompressed.');
  }
  if (point.length !== 65 || point[0] !== 4)
    throw keyError('An EC key on P-256 is the byte 04 followed by x and y, 32 bytes each.');
  return { x: point.subarray(1, 33), y: point.subarray(33) };
}

/**
 * The bytes, if they can be an Ed25519 key.
 *
 * @param {Uint8Array} bytes
 */
export function exactly32(bytes) {
  if (bytes.length !== 32) throw keyError(`An Ed25519 key has 32 bytes, but this one has ${bytes.length}.`);
  return bytes;
}

/**
 * @param {Uint8Array} number big-endian, without leading zeros
 */
export function bitLength(number) {
  return number.length * 8 - (Math.clz32(number[0]) - 24);
}

/**
 * @param {Uint8Array} bytes
 * @returns {EcKey}
 */
function readEcPrivate(bytes) {
  const [, secret, ...optional] = der.readSequence(bytes);
  const digits = der.withoutLeadingZeros(der.contentsOf(secret, TAG.octets));
  if (digits.length > 32) throw keyError('A private EC key on P-256 has 32 bytes.');
  const d = concat([new Uint8Array(32 - digits.length), digits]);
  const point = optional.find(({ tag }) => tag === TAG.context1);
  return { kind: 'ec', d, ...(point && pointOf(der.readBits(der.readElements(point.contents)[0]))) };
}

/**
 * @param {Key} key
 */
function innerPrivate(key) {
  if (key.kind === 'rsa') return writePkcs1Private(key);
  const secret = der.write(TAG.octets, known(key.d));
  if (key.kind === 'ed25519') return secret;
  const point = key.x && key.y ? [der.write(TAG.context1, der.writeBits(writePoint(key)))] : [];
  return write(der.writeInteger(Uint8Array.of(1)), secret, ...point);
}

/**
 * @param {der.Element | undefined} algorithm
 * @returns {Key['kind']}
 */
function kindOf(algorithm) {
  const [oid, parameters] = der.readElements(der.contentsOf(algorithm, TAG.sequence));
  const name = hex(der.contentsOf(oid, TAG.oid));
  if (name === RSA) return 'rsa';
  if (name === ED25519) return 'ed25519';
  if (name !== EC) throw unsupported(name);
  requireP256(parameters);
  return 'ec';
}

/**
 * @param {der.Element | undefined} curve
 */
function requireP256(curve) {
  const name = hex(der.contentsOf(curve, TAG.oid));
  if (name !== P256) throw unsupported(name);
}

/**
 * @param {string} oid
 */
function unsupported(oid) {
  return keyError(`This is ${UNSUPPORTED.get(oid) ?? 'a key of an unknown kind'}. Supported are ${SUPPORTED_KEYS}.`);
}

/**
 * @param {Key} key
 */
function algorithmOf({ kind }) {
  if (kind === 'rsa') return write(oid(RSA), der.write(TAG.null));
  return kind === 'ec' ? write(oid(EC), oid(P256)) : write(oid(ED25519));
}

/**
 * @param {string} digits
 */
function oid(digits) {
  return der.write(
    TAG.oid,
    Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16)),
  );
}

/**
 * @param {...Uint8Array} parts
 */
function write(...parts) {
  return der.write(TAG.sequence, ...parts);
}

/**
 * @param {Uint8Array | undefined} number
 */
function known(number) {
  if (!number || number.length === 0) throw keyError('The key is incomplete: one of its numbers is missing.');
  return number;
}
