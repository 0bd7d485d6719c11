/**
 * What `import … from 'node:crypto'` gives a connector: names and default export as in node.
 * Holds no behaviour of its own.
 */
import { KeyObject, createPrivateKey, createPublicKey, createSecretKey } from './key-object.js';
import { Hash, Hmac, createHash, createHmac, getHashes, hash, timingSafeEqual } from './node-hash.js';
import { Sign, Verify, constants, createSign, createVerify, sign, verify } from './node-signature.js';
import * as unavailable from './node-unavailable.js';
import { randomBytes, randomFillSync, randomInt, randomUUID } from './random.js';
import { crypto as webcrypto } from './web-crypto.js';

const { subtle, getRandomValues } = webcrypto;
/** Its old name. */
export const pseudoRandomBytes = randomBytes;

export * from './node-unavailable.js';
export {
  Hash,
  Hmac,
  KeyObject,
  Sign,
  Verify,
  constants,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  createSign,
  createVerify,
  getHashes,
  getRandomValues,
  hash,
  randomBytes,
  randomFillSync,
  randomInt,
  randomUUID,
  sign,
  subtle,
  timingSafeEqual,
  verify,
  webcrypto,
};

export default {
  ...unavailable,
  Hash,
  Hmac,
  KeyObject,
  Sign,
  Verify,
  constants,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  createSign,
  createVerify,
  getHashes,
  getRandomValues,
  hash,
  pseudoRandomBytes,
  randomBytes,
  randomFillSync,
  randomInt,
  randomUUID,
  sign,
  subtle,
  timingSafeEqual,
  verify,
  webcrypto,
};
