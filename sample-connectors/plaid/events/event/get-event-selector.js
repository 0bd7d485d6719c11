/**
 * Says which events belong to a subscription to one kind: those of the Item whose token the connection has.
 */
import { itemOfConnection } from '../../lib/item.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector(connection) {
  const { type, code } = connection.parameters
  return {
    globalWebhookKey: 'items',
    globalWebhookEventSelector: `${await itemOfConnection(connection)}:${type}:${code}`,
  }
}
