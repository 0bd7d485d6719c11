import { findAccount } from '../../lib/account.js';

export default async function getEventSelector() {
  return { globalWebhookKey: 'events', globalWebhookEventSelector: findAccount(undefined) };
}
