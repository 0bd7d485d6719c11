/**
 * Says which tenant a request is for and which tenant a connection is: the user, `user:…`, or the organisation,
 * `organization:…`, in whose name the webhook subscription was made. The webhook and the events both take its name from
 * here, so that they cannot drift apart.
 * Never makes a name of anything but a URI of Calendly.
 */

const TENANT_URI = /^https:\/\/api\.calendly\.com\/(user|organization)s\/([A-Za-z0-9-]{1,64})$/

/** The tenant that a URI of Calendly names, undefined if it names none. */
export function tenantOf(uri) {
  const [, kind, id] = (typeof uri === 'string' && TENANT_URI.exec(uri)) || []
  return id === undefined ? undefined : `${kind}:${id}`
}

/**
 * The tenant whose token a connection has.
 * @param {import('@patchbay/sdk').ApiClient} apiClient
 * @param {'user' | 'organization'} [of]
 */
export async function tenantOfConnection(apiClient, of = 'user') {
  const user = (await apiClient.get('users/me'))?.resource
  const found = tenantOf(of === 'organization' ? user?.current_organization : user?.uri)
  if (!found?.startsWith(`${of}:`)) throw new Error(`Calendly answered users/me without the URI of the ${of}.`)
  return found
}
