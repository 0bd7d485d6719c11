/**
 * Says which tenant a notification or a connection belongs to. The webhook and the events both take its name from here,
 * so that they cannot drift apart.
 * Never makes a name of anything but an id of Microsoft, nor of the one tenant in which all personal accounts are.
 */

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const PERSONAL_ACCOUNTS = '9188040d-6c67-4c5b-b112-36a304b66dad'

/** `tenant:<id>`, undefined if that is no tenant of a customer. */
export function tenant(id) {
  const found = guid(id)
  return found === undefined || found === PERSONAL_ACCOUNTS ? undefined : `tenant:${found}`
}

/** The id in lower case, as it is in selectors; undefined if it is none. */
export function guid(id) {
  return typeof id === 'string' && ID.test(id) ? id.toLowerCase() : undefined
}

/**
 * The tenant whose token a connection has.
 * @param {import('@patchbay/sdk').ApiClient} apiClient
 */
export async function tenantOfConnection(apiClient) {
  const answer = await apiClient.get('organization', { $select: 'id' })
  const found = tenant(answer?.value?.[0]?.id)
  if (found === undefined) throw new Error('Microsoft Graph answered /organization without the id of a tenant.')
  return found
}
