/**
 * Says which events belong to a subscription to lifecycle notifications: those of the tenant whose token the connection
 * has.
 */
import { tenantOfConnection } from '../../lib/tenants.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ apiClient }) {
  return {
    globalWebhookKey: 'notifications',
    globalWebhookEventSelector: `${await tenantOfConnection(apiClient)}:lifecycle`,
  }
}
