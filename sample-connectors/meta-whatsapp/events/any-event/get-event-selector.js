/**
 * Says which events belong to a subscription to everything: those of the connection's business account.
 */
import { tenantOfConnection } from '../../lib/tenants.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ apiClient, credentials }) {
  return {
    globalWebhookKey: 'whatsapp',
    globalWebhookEventSelector: await tenantOfConnection(apiClient, 'account', credentials.businessAccountId),
  }
}
