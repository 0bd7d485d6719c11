/**
 * Says which events belong to a subscription to everything: those of the account that the connection means.
 */
import { accountOfConnection } from '../../lib/accounts.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ apiClient, credentials }) {
  return {
    globalWebhookKey: 'connect',
    globalWebhookEventSelector: await accountOfConnection(apiClient, credentials.accountId),
  }
}
