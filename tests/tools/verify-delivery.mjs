/**
 * Says which of some secrets or public keys a delivery is signed with: by the reference library of Standard Webhooks, and
 * for pairs of keys, which it does not know, by node:crypto.
 * Reads { secrets, headers, body } from stdin; prints a list of booleans.
 */
import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';

const PUBLIC_KEY_PREFIX = 'whpk_';
const SIGNATURE_PREFIX = 'v1a,';

const { secrets, headers, body } = JSON.parse(readFileSync(0, 'utf8'));

function isSignedWith(secret) {
  if (secret.startsWith(PUBLIC_KEY_PREFIX)) return isSignedByOwnerOf(secret.slice(PUBLIC_KEY_PREFIX.length));
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch (error) {
    if (error instanceof WebhookVerificationError) return false;
    throw error;
  }
}

function isSignedByOwnerOf(publicKey) {
  const x = Buffer.from(publicKey, 'base64').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const signed = Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`);
  const signatures = headers['webhook-signature'].split(' ').filter((it) => it.startsWith(SIGNATURE_PREFIX));
  return signatures.some((it) => verify(null, signed, key, Buffer.from(it.slice(SIGNATURE_PREFIX.length), 'base64')));
}

process.stdout.write(JSON.stringify(secrets.map(isSignedWith)));
