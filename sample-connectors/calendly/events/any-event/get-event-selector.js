/**
 * Says which events belong to a subscription to everything: those of the user whose token the connection has.
 */
import { tenantOfConnection } from '../../lib/tenants.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ apiClient }) {
  return {
    globalWebhookKey: 'events',
    globalWebhookEventSelector: await tenantOfConnection(apiClient),
  }
}
