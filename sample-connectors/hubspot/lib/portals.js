/**
 * Says which portal an item or a connection belongs to; a portal is what HubSpot calls a customer's account. The
 * webhook and the events both take its name from here, so that they cannot drift apart.
 * Never makes a name of anything but the number of a portal.
 */

/** `portal:<number>`, undefined if that is no number of a portal. */
export function portal(id) {
  return Number.isSafeInteger(id) && id > 0 ? `portal:${id}` : undefined
}

/**
 * The portal whose token a connection has.
 * @param {import('@patchbay/sdk').ApiClient} apiClient
 */
export async function portalOfConnection(apiClient) {
  const account = await apiClient.get('account-info/v3/details')
  const found = portal(account?.portalId)
  if (found === undefined) throw new Error('HubSpot answered account-info/v3/details without the number of a portal.')
  return found
}
