/**
 * Says which events belong to a subscription to everything: those of the portal whose token the connection has.
 */
import { portalOfConnection } from '../../lib/portals.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ apiClient }) {
  return {
    globalWebhookKey: 'hubspot',
    globalWebhookEventSelector: await portalOfConnection(apiClient),
  }
}
