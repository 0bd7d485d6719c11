/**
 * Says which events belong to a subscription to one type of change: those of the portal whose token the connection
 * has.
 */
import { portalOfConnection } from '../../lib/portals.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ parameters, apiClient }) {
  return {
    globalWebhookKey: 'hubspot',
    globalWebhookEventSelector: `${await portalOfConnection(apiClient)}:${parameters.subscriptionType}`,
  }
}
