// checks the signature of webhooks
import Stripe from 'stripe';

export default async function work() {
  const stripe = new Stripe('sk_test_1', { httpClient: Stripe.createFetchHttpClient(async () => undefined) });
  const payload = '{"id":"evt_1","object":"event","type":"charge.succeeded"}';
  const timestamp = 1700000000;
  const header = await stripe.webhooks.generateTestHeaderStringAsync({ payload, secret: 'whsec', timestamp });
  const event = await stripe.webhooks.constructEventAsync(payload, header, 'whsec', 300, undefined, timestamp * 1000);
  const failure = await stripe.webhooks.constructEventAsync(`${payload} `, header, 'whsec', 300, undefined, timestamp * 1000).catch((error) => error.type);
  return [header, event, failure];
}
