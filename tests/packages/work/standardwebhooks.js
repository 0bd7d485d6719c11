// checks the signature of webhooks
import { Webhook } from 'standardwebhooks';

export default function work() {
  const webhook = new Webhook('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
  const at = new Date(Math.floor(Date.now() / 1000) * 1000);
  const headers = { 'webhook-id': 'm', 'webhook-timestamp': String(at.getTime() / 1000), 'webhook-signature': webhook.sign('m', at, '{"a":1}') };
  let failure;
  try {
    webhook.verify('{"a":2}', headers);
  } catch (error) {
    failure = `${error.name}: ${error.message}`;
  }
  return [webhook.sign('m', new Date(1700000000000), '{"a":1}'), webhook.verify('{"a":1}', headers), failure];
}
