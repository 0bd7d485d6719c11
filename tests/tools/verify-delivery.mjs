/**
 * Says which of some secrets a delivery is signed with, by the reference library of Standard Webhooks.
 * Reads { secrets, headers, body } from stdin; prints a list of booleans.
 */
import { readFileSync } from 'node:fs';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';

const { secrets, headers, body } = JSON.parse(readFileSync(0, 'utf8'));

function isSignedWith(secret) {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch (error) {
    if (error instanceof WebhookVerificationError) return false;
    throw error;
  }
}

process.stdout.write(JSON.stringify(secrets.map(isSignedWith)));
