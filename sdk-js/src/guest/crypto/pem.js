/**
 * PEM: the text form of keys and certificates.
 * Knows labels, never what is inside the blocks.
 */
import { Buffer } from 'buffer';
import { asBuffer, bytesOfBinary } from './bytes.js';
import { keyError } from './errors.js';

/**
 * The blocks of a PEM text, in order. At least one.
 *
 * @param {string} text
 * @returns {{ label: string, bytes: Uint8Array }[]}
 */
export function readPem(text) {
  if (/BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/.test(text)) {
    throw keyError(
      'The private key is encrypted, which is not supported. Decrypt it once: openssl pkey -in key.pem -out plain.pem.',
    );
  }
  const blocks = [];
  for (const [, label, body] of text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g)) {
    if (body.includes('\\n')) {
      throw keyError(
        "The PEM contains the two characters \\n where line breaks belong. Pass key.replaceAll('\\\\n', '\\n').",
      );
    }
    blocks.push({ label, bytes: bytesOfBinary(Buffer.from(body, 'base64'), 'PEM') });
  }
  if (blocks.length > 0) return blocks;
  throw keyError(
    'The key is not PEM: there is no -----BEGIN … KEY----- block. For DER pass { key, format: "der", type: "spki" or "pkcs8" }, for a JWK { key, format: "jwk" }.',
  );
}

/**
 * @param {string} label
 * @param {Uint8Array} bytes
 */
export function writePem(label, bytes) {
  const lines =
    asBuffer(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
