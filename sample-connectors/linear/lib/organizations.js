/**
 * Says which organization a request or a connection belongs to; an organization is what Linear's API calls a workspace.
 * The webhook and the events both take its name from here, so that they cannot drift apart.
 * Never makes a name of anything but an id of Linear.
 */

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** `organization:<id>`, undefined if that is no id of an organization. */
export function organization(id) {
  return typeof id === 'string' && ID.test(id) ? `organization:${id}` : undefined
}

/**
 * The organization whose token a connection has.
 * @param {import('@patchbay/sdk').ApiClient} apiClient
 */
export async function organizationOfConnection(apiClient) {
  const answer = await apiClient.post('graphql', { query: '{ organization { id } }' })
  const found = organization(answer?.data?.organization?.id)
  if (found === undefined) throw new Error('Linear answered without the id of an organization.')
  return found
}
