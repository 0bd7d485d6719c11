/**
 * Says which events belong to a subscription to an organisation: those in its own name, for those who may see it all.
 */
import { organizationOfConnection } from '../../lib/tenants.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ apiClient }) {
  return {
    globalWebhookKey: 'events',
    globalWebhookEventSelector: await organizationOfConnection(apiClient),
  }
}
