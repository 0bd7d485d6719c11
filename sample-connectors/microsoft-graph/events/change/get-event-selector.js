/**
 * Says which events belong to a subscription to all changes: those of the tenant whose token the connection has.
 */
import { tenantOfConnection } from '../../lib/tenants.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ apiClient }) {
  return {
    globalWebhookKey: 'notifications',
    globalWebhookEventSelector: await tenantOfConnection(apiClient),
  }
}
