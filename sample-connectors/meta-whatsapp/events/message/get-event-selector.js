/**
 * Says which events belong to a subscription to messages: those to the connection's phone number.
 */
import { tenantOfConnection } from '../../lib/tenants.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ apiClient, credentials }) {
  const phone = await tenantOfConnection(apiClient, 'phone', credentials.phoneNumberId)
  return { globalWebhookKey: 'whatsapp', globalWebhookEventSelector: `${phone}:message` }
}
