/**
 * Reads the id of a webhook, and says whether a connection owns it. The webhook and the events both take the selector
 * from here, so that they cannot drift apart.
 * Never makes a selector of anything but an id.
 */

const ID = /^[1-9][0-9]{0,15}$/

/** An id as text, undefined if it is none. Smartsheet writes ids as numbers, which all fit. */
export function idOf(value) {
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value
  return typeof text === 'string' && ID.test(text) ? text : undefined
}

export function webhookSelector(id) {
  return `webhook:${id}`
}

/**
 * The selector of a webhook that belongs to the connection: Smartsheet shows it only to its owner.
 * @param {import('@patchbay/sdk').ApiClient} apiClient
 * @param {unknown} webhookId
 */
export async function webhookOfConnection(apiClient, webhookId) {
  const id = idOf(webhookId)
  if (id === undefined) throw new Error('parameters.webhookId is not the id of a webhook.')
  const webhook = await apiClient.get(`webhooks/${id}`)
  if (idOf(webhook?.id) !== id) throw new Error('Smartsheet answered without the webhook that was asked for.')
  return webhookSelector(id)
}
