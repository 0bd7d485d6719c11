// checks the signature of webhooks
import { createHmac } from 'node:crypto';
import { WebhooksHelper } from 'square';

export default async function work() {
  const given = { requestBody: '{"merchant_id":"m"}', signatureKey: 'k', notificationUrl: 'https://example.com/s' };
  const signatureHeader = createHmac('sha256', 'k').update(given.notificationUrl + given.requestBody).digest('base64');
  return [await WebhooksHelper.verifySignature({ ...given, signatureHeader }), await WebhooksHelper.verifySignature({ ...given, signatureHeader: 'x' })];
}
