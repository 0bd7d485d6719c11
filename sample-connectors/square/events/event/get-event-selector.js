/**
 * Says which events belong to a subscription to one type: those of the merchant whose token the connection has.
 */
import { merchantOfConnection } from '../../lib/merchants.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ apiClient, parameters }) {
  const merchant = await merchantOfConnection(apiClient)
  return { globalWebhookKey: 'square', globalWebhookEventSelector: `${merchant}:${parameters.type}` }
}
