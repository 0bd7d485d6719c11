/**
 * Says which events belong to a subscription to everything: those of the user whose token the connection has.
 */
import { userOfConnection } from '../../lib/users.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ apiClient }) {
  return { globalWebhookKey: 'activity', globalWebhookEventSelector: await userOfConnection(apiClient) }
}
