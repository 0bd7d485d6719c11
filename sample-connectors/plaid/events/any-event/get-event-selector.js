/**
 * Says which events belong to a subscription to everything: those of the Item whose token the connection has.
 */
import { itemOfConnection } from '../../lib/item.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector(connection) {
  return {
    globalWebhookKey: 'items',
    globalWebhookEventSelector: await itemOfConnection(connection),
  }
}
