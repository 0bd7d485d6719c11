/**
 * Says which events belong to a subscription to one kind: those of the user whose token the connection has.
 */
import { userOfConnection } from '../../lib/users.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ apiClient, parameters }) {
  const user = await userOfConnection(apiClient)
  return { globalWebhookKey: 'activity', globalWebhookEventSelector: `${user}:${parameters.kind}` }
}
