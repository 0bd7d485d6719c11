/**
 * Says which events belong to a subscription to changes: those of the webhook, if the connection owns it.
 */
import { webhookOfConnection } from '../../lib/webhooks.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ apiClient, parameters }) {
  return {
    globalWebhookKey: 'callback',
    globalWebhookEventSelector: `${await webhookOfConnection(apiClient, parameters.webhookId)}:change`,
  }
}
