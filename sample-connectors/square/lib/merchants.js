/**
 * The selector of a merchant, from a request and from a connection. The webhook and the events both take it from here,
 * so that they cannot drift apart.
 * Never makes a selector of anything but a merchant id.
 */

const MERCHANT_ID = /^[A-Za-z0-9_-]{1,64}$/

/** Undefined if it is no merchant id. */
export function merchantSelector(id) {
  return typeof id === 'string' && MERCHANT_ID.test(id) ? `merchant:${id}` : undefined
}

/**
 * The selector of the merchant whose token a connection has.
 * @param {import('@patchbay/sdk').ApiClient} apiClient
 */
export async function merchantOfConnection(apiClient) {
  const answer = await apiClient.get('v2/merchants/me')
  const selector = merchantSelector(answer?.merchant?.id)
  if (selector === undefined) throw new Error('Square answered without the id of a merchant.')
  return selector
}
