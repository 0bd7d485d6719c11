/**
 * Says which events belong to a subscription to one kind: those of the tenant whose token the connection has.
 */
import { tenantOfConnection } from '../../lib/tenants.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ parameters, apiClient }) {
  return {
    globalWebhookKey: 'events',
    globalWebhookEventSelector: `${await tenantOfConnection(apiClient, parameters.tenant)}:${parameters.event}`,
  }
}
