/**
 * Says which Item a request is about and which Item a connection is. The webhook and the events both take its name from
 * here, so that they cannot drift apart.
 * Never makes a name of anything but an id of Plaid. Case counts in these.
 */

const ITEM_ID = /^[A-Za-z0-9_-]{1,100}$/

/** The name of an Item, undefined if the id is none. */
export function itemOf(id) {
  return typeof id === 'string' && ITEM_ID.test(id) ? `item:${id}` : undefined
}

/**
 * The Item whose token a connection has.
 * @param {Parameters<import('@patchbay/sdk').GetEventSelector>[0]} connection
 */
export async function itemOfConnection({ apiClient, credentials }) {
  const answer = await apiClient.post('item/get', { access_token: credentials.accessToken })
  const found = itemOf(answer?.item?.item_id)
  if (found === undefined) throw new Error('Plaid answered item/get without the id of an Item.')
  return found
}
