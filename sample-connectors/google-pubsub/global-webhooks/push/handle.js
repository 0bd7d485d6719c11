/**
 * Receives the messages that Pub/Sub pushes and gives each notification of Gmail to the mailbox that it is about.
 * Never reads a body before the sender's token was found right, and never guesses a mailbox.
 */
import { mailboxSelector } from '../../lib/mailbox.js'
import { contentOf, messageOf } from './message.js'
import { isFromPushSubscription } from './sender.js'

/** @type {import('@patchbay/sdk').Handle} */
export default async function handle(request) {
  if (!isFromPushSubscription(request)) return answer(401, 'The token is missing, wrong, or not of this time.')

  const message = messageOf(request.data)
  if (message === undefined) return answer(400, 'The body is not a message of Pub/Sub.')

  const content = contentOf(message)
  const selector = mailboxSelector(content?.emailAddress)
  if (selector === undefined) {
    // Anything but 2xx would bring the message back for days.
    console.warn('This message names no mailbox, so it belongs to no customer.')
    return answer(204)
  }
  const { emailAddress, historyId } = content
  const { messageId, publishTime } = message
  return {
    events: [
      {
        selector,
        // Pub/Sub delivers at least once: a repeat has the same id.
        id: messageId,
        payload: { emailAddress, historyId, messageId, publishTime },
      },
    ],
    response: { status: 204 },
  }
}

function answer(status, data) {
  return { events: [], response: { status, data } }
}
