/**
 * The selector of an account, from a message and from a connection. The webhook and the events both take it from here,
 * so that they cannot drift apart.
 * Never makes a selector of anything but an account id.
 */

const ACCOUNT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Undefined if it is no account id. */
export function accountSelector(accountId) {
  const id = typeof accountId === 'string' ? accountId.toLowerCase() : ''
  return ACCOUNT_ID.test(id) ? `account:${id}` : undefined
}

/**
 * The selector of the account that a connection means, if its user belongs to that account.
 * @param {import('@patchbay/sdk').ApiClient} apiClient
 * @param {string} accountId
 */
export async function accountOfConnection(apiClient, accountId) {
  const user = await apiClient.get('oauth/userinfo')
  const wanted = accountSelector(accountId)
  const isMember = user?.accounts?.some?.((account) => accountSelector(account?.account_id) === wanted)
  if (wanted === undefined || isMember !== true) throw new Error('The user does not belong to credentials.accountId.')
  return wanted
}
