/**
 * Says which events belong to a subscription to everything: those of the user whose token the connection has.
 */
import { userOfConnection } from '../../lib/tenants.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ apiClient }) {
  return {
    globalWebhookKey: 'events',
    globalWebhookEventSelector: await userOfConnection(apiClient),
  }
}
