/**
 * Says which events belong to a subscription to everything: those of the merchant whose token the connection has.
 */
import { merchantOfConnection } from '../../lib/merchants.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ apiClient }) {
  return { globalWebhookKey: 'square', globalWebhookEventSelector: await merchantOfConnection(apiClient) }
}
