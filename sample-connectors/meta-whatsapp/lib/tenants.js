/**
 * Names the two kinds of tenant: a WhatsApp Business account, `account:…`, and one of its phone numbers, `phone:…`.
 * The webhook and the events both take the names from here, so that they cannot drift apart.
 * Never makes a name of anything but an id of Meta.
 */

const ID = /^[1-9][0-9]{0,24}$/

/** `account:<id>` or `phone:<id>`, undefined if that is no id. */
export function tenant(kind, id) {
  return typeof id === 'string' && ID.test(id) ? `${kind}:${id}` : undefined
}

/**
 * The tenant with this id, after Meta has said that the connection's token can see it: an id in the credentials alone
 * proves nothing.
 * @param {import('@patchbay/sdk').ApiClient} apiClient
 */
export async function tenantOfConnection(apiClient, kind, id) {
  const found = tenant(kind, id)
  if (found === undefined) throw new Error(`The credentials hold no id of the kind \`${kind}\`.`)
  const node = await apiClient.get(id, { fields: 'id' })
  if (node?.id !== id) throw new Error(`Meta answered without the id that was asked for, of the kind \`${kind}\`.`)
  return found
}
