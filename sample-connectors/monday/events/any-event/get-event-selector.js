/**
 * Says which events belong to a subscription to everything: those of the account whose token the connection has.
 */
import { accountOfConnection } from '../../lib/accounts.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ apiClient }) {
  return { globalWebhookKey: 'board', globalWebhookEventSelector: await accountOfConnection(apiClient) }
}
