/**
 * What node:crypto has and the sandbox has not: each name exists, so that packages which import it can be bundled.
 * Nothing here ever works: each call says what to do instead.
 */
import { coded } from './errors.js';

export const X509Certificate = unavailable(
  'X509Certificate',
  'createPublicKey(pem) reads the public key of a certificate.',
);
export const createCipheriv = unavailable('createCipheriv');
export const createDecipheriv = unavailable('createDecipheriv');
export const createDiffieHellman = unavailable('createDiffieHellman');
export const createECDH = unavailable('createECDH');
export const diffieHellman = unavailable('diffieHellman');
export const generateKeyPair = unavailable('generateKeyPair');
export const generateKeyPairSync = unavailable('generateKeyPairSync');
export const hkdfSync = unavailable('hkdfSync');
export const pbkdf2 = unavailable('pbkdf2');
export const pbkdf2Sync = unavailable('pbkdf2Sync');
export const privateDecrypt = unavailable('privateDecrypt');
export const privateEncrypt = unavailable('privateEncrypt');
export const publicDecrypt = unavailable('publicDecrypt');
export const publicEncrypt = unavailable('publicEncrypt');
export const scrypt = unavailable('scrypt');
export const scryptSync = unavailable('scryptSync');

/**
 * @param {string} name
 * @param {string} [remedy]
 * @returns {any} a function, also callable with `new`, that throws
 */
function unavailable(
  name,
  remedy = 'The sandbox has hashes, HMAC, signatures (RSA, ECDSA P-256, Ed25519) and random bytes; no ciphers.',
) {
  return function refused() {
    throw coded(
      Error,
      'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM',
      `crypto.${name} is not available to connectors. ${remedy}`,
    );
  };
}
