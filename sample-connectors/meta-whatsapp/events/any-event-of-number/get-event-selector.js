/**
 * Says which events belong to a subscription to everything of one number: those of the connection's phone number.
 */
import { tenantOfConnection } from '../../lib/tenants.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ apiClient, credentials }) {
  return {
    globalWebhookKey: 'whatsapp',
    globalWebhookEventSelector: await tenantOfConnection(apiClient, 'phone', credentials.phoneNumberId),
  }
}
