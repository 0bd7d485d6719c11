/**
 * Says which events belong to a subscription to one kind: those of that name, of the account that the connection means.
 */
import { accountOfConnection } from '../../lib/accounts.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ apiClient, credentials, parameters }) {
  const account = await accountOfConnection(apiClient, credentials.accountId)
  return { globalWebhookKey: 'connect', globalWebhookEventSelector: `${account}:${parameters.event}` }
}
