/**
 * The host's crypto interface on top of node's, for the tests of the guest's crypto modules.
 * Importing it also makes those modules find it, and gives them the Buffer that connectors have.
 */
import * as node from 'node:crypto';
import { register } from 'node:module';
import { runInNewContext } from 'node:vm';

const hooks = `
  const host = ${JSON.stringify(import.meta.url)};
  export function resolve(specifier, context, next) {
    if (specifier === 'patchbay:connector/crypto@0.1.0') return { url: host, shortCircuit: true };
    // The npm package, which is what goes into a bundle, and not node's module of the same name.
    return next(specifier === 'buffer' ? 'buffer/index.js' : specifier, context);
  }`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);

const ForeignArray = runInNewContext('Uint8Array');

/** What the guest handed over in each call, newest last. */
export const calls = [];

/** Whether errors are thrown as the bare sentence, as some bindings do. */
export const errors = { areBare: false };

/** How the binding throws the error of a result: an Error with the sentence as its payload. */
class ComponentError extends Error {
  constructor(payload) {
    super(String(payload));
    this.payload = payload;
  }
}

export function digest(hash, data) {
  record({ hash, data });
  return list(node.createHash(hash).update(data).digest());
}

export function hmac(hash, key, data) {
  record({ hash, key, data });
  return list(node.createHmac(hash, key).update(data).digest());
}

export function equal(a, b) {
  record({ a, b });
  return a.length === b.length && node.timingSafeEqual(a, b);
}

export function verify(scheme, publicKey, data, signature) {
  record({ scheme, publicKey, data, signature });
  return told(() => {
    const key = node.createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
    return node.verify(scheme.val ?? null, data, { key, ...options(scheme) }, signature);
  });
}

export function sign(scheme, privateKey, data) {
  record({ scheme, privateKey, data });
  return told(() => {
    const key = node.createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' });
    return list(node.sign(scheme.val ?? null, data, { key, ...options(scheme) }));
  });
}

function options({ tag }) {
  if (tag === 'rsa-pss') {
    return { padding: node.constants.RSA_PKCS1_PSS_PADDING, saltLength: node.constants.RSA_PSS_SALTLEN_DIGEST };
  }
  return { dsaEncoding: tag === 'ecdsa-p256-raw' ? 'ieee-p1363' : 'der' };
}

function record(call) {
  for (const value of Object.values(call)) {
    // The binding takes plain byte arrays; a string or a list would be a mistake of the guest.
    if (ArrayBuffer.isView(value) && Object.getPrototypeOf(value) !== Uint8Array.prototype) throw new TypeError('not a Uint8Array');
  }
  calls.push(call);
}

function told(call) {
  try {
    return call();
  } catch (error) {
    throw errors.areBare ? error.message : new ComponentError(error.message);
  }
}

/** As the binding returns lists: an array from another realm. */
function list(buffer) {
  return ForeignArray.from(buffer);
}
