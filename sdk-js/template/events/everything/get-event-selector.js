/**
 * Says which events belong to a subscription: those of the connection's account.
 * Never makes a selector of an id that is missing: it would be the same for every customer.
 */

const ACCOUNT_ID = /^[\w-]{1,100}$/

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ credentials }) {
  const { accountId } = credentials
  if (!ACCOUNT_ID.test(accountId ?? '')) throw new Error('credentials.accountId is not an account id.')
  return { globalWebhookKey: 'webhook', globalWebhookEventSelector: `account:${accountId}` }
}
