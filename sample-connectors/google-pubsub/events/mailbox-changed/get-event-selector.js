/**
 * Says which events belong to a subscription: those of the mailbox that the connection opens.
 */
import { mailboxSelector } from '../../lib/mailbox.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ apiClient }) {
  const profile = await apiClient.get('gmail/v1/users/me/profile')
  const selector = mailboxSelector(profile?.emailAddress)
  if (selector === undefined) throw new Error('Gmail answered without the address of the mailbox.')
  return { globalWebhookKey: 'push', globalWebhookEventSelector: selector }
}
