/**
 * Says which events belong to a subscription to everything: those of the organization whose token the connection has.
 */
import { organizationOfConnection } from '../../lib/organizations.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ apiClient }) {
  return {
    globalWebhookKey: 'linear',
    globalWebhookEventSelector: await organizationOfConnection(apiClient),
  }
}
