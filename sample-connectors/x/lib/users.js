/**
 * The selector of a user, from a request and from a connection. The webhook and the events both take it from here, so
 * that they cannot drift apart.
 * Never makes a selector of anything but a user id.
 */

const USER_ID = /^[1-9][0-9]{0,19}$/

/** Undefined if it is no user id. */
export function userSelector(id) {
  return typeof id === 'string' && USER_ID.test(id) ? `user:${id}` : undefined
}

/**
 * The selector of the user whose token a connection has.
 * @param {import('@patchbay/sdk').ApiClient} apiClient
 */
export async function userOfConnection(apiClient) {
  const answer = await apiClient.get('users/me')
  const selector = userSelector(answer?.data?.id)
  // X answers 200 with `errors` where it leaves something out.
  if (selector === undefined) throw new Error('X answered users/me without the id of a user.')
  return selector
}
