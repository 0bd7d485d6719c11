/**
 * The selector of an account, from a request and from a connection. The webhook and the events both take it from here,
 * so that they cannot drift apart.
 * Never makes a selector of anything but a number.
 */

const NUMBER = /^[1-9][0-9]{0,17}$/

/** Undefined if it is no account id. monday writes ids as numbers here and as text there. */
export function accountSelector(id) {
  const account = numberOf(id)
  return account && `account:${account}`
}

/** An id of monday as text, undefined if it is none. */
export function numberOf(id) {
  const text = typeof id === 'number' && Number.isSafeInteger(id) ? String(id) : id
  return typeof text === 'string' && NUMBER.test(text) ? text : undefined
}

/**
 * The selector of the account whose token a connection has.
 * @param {import('@patchbay/sdk').ApiClient} apiClient
 */
export async function accountOfConnection(apiClient) {
  const answer = await apiClient.post('v2', { query: '{ me { account { id } } }' })
  // monday answers 200 also where it refuses.
  const reason = answer?.errors?.[0]?.message ?? answer?.error_message
  if (reason) throw new Error(`monday refused to say whose token it is: ${reason}`)
  const selector = accountSelector(answer?.data?.me?.account?.id)
  if (selector === undefined) throw new Error('monday answered without the id of an account.')
  return selector
}
