/**
 * Says which tenant a request is for and which tenant a connection is: the user, `user:…`, or the organisation,
 * `organization:…`, in whose name the webhook subscription was made. The webhook and the events both take its name
 * from here, so that they cannot drift apart.
 * Never makes a name of anything but a URI of Calendly.
 */

const TENANT_URI = /^https:\/\/api\.calendly\.com\/(user|organization)s\/([A-Za-z0-9-]{1,64})$/

/** The tenant that a URI of Calendly names, undefined if it names none. */
export function tenantOf(uri) {
  const [, kind, id] = (typeof uri === 'string' && TENANT_URI.exec(uri)) || []
  return id === undefined ? undefined : `${kind}:${id}`
}

/**
 * The user whose token a connection has.
 * @param {import('@patchbay/sdk').ApiClient} apiClient
 */
export async function userOfConnection(apiClient) {
  const { uri } = await me(apiClient)
  return tenantOf(uri)
}

/**
 * The organisation of that user, who must be somebody who may see all of it.
 * @param {import('@patchbay/sdk').ApiClient} apiClient
 */
export async function organizationOfConnection(apiClient) {
  const { uri, current_organization: organization } = await me(apiClient)
  const memberships = await apiClient.get('organization_memberships', { user: uri, organization })
  const own = memberships?.collection?.find((each) => each.user?.uri === uri && each.organization === organization)
  if (own?.role !== 'owner' && own?.role !== 'admin') {
    throw new Error('Only an owner or admin of the organisation may have all of its events.')
  }
  return tenantOf(organization)
}

async function me(apiClient) {
  const user = (await apiClient.get('users/me'))?.resource
  const hasUser = tenantOf(user?.uri)?.startsWith('user:')
  const hasOrganization = tenantOf(user?.current_organization)?.startsWith('organization:')
  if (!hasUser || !hasOrganization) {
    throw new Error('Calendly answered users/me without the URIs of a user and an organisation.')
  }
  return user
}
