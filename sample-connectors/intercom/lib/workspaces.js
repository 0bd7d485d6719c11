/**
 * Says which workspace a notification or a connection belongs to. Intercom calls the id of a workspace `app_id` in
 * notifications and `id_code` in its API. The webhook and the events both take its name from here, so that they cannot
 * drift apart.
 * Never makes a name of anything but an id of Intercom.
 */

const ID = /^[A-Za-z0-9_-]{1,40}$/

/** `workspace:<id>`, undefined if that is no id of a workspace. */
export function workspace(id) {
  return typeof id === 'string' && ID.test(id) ? `workspace:${id}` : undefined
}

/**
 * The workspace whose token a connection has.
 * @param {import('@patchbay/sdk').ApiClient} apiClient
 */
export async function workspaceOfConnection(apiClient) {
  const admin = await apiClient.get('me')
  const found = workspace(admin?.app?.id_code)
  if (found === undefined) throw new Error('Intercom answered /me without the id of a workspace.')
  return found
}
