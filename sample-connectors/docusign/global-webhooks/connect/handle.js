/**
 * Receives the messages of DocuSign Connect and gives each to the account that it is about.
 * Never reads a body before its signature was found right, and never guesses an account.
 */
import { accountSelector } from '../../lib/accounts.js'
import { isSignedByDocuSign } from './signature.js'

const EVENT_NAME = /^[a-z][a-z-]{0,99}$/

/** @type {import('@patchbay/sdk').Handle} */
export default async function handle(request) {
  if (!isSignedByDocuSign(request)) return answer(401, 'The signature is missing or wrong.')

  const payload = request.data
  const event = payload?.event
  if (typeof event !== 'string' || !EVENT_NAME.test(event)) {
    return answer(400, 'The body is not a JSON message of DocuSign Connect.')
  }
  const account = accountSelector(payload.data?.accountId)
  if (account === undefined) {
    return answer(202, `Received, but this ${event} names no account, so it belongs to no customer.`)
  }
  return {
    events: [
      {
        // One subscription wants every event, another only those of one kind.
        selectors: [account, `${account}:${event}`],
        id: idOf(payload),
        orderingKey: textOf(payload.data.envelopeId),
        payload,
      },
    ],
    response: { status: 200, data: 'Received.' },
  }
}

/** DocuSign gives no id: what happened, to what, for whom and when is one. `retryCount` is not part of it. */
function idOf({ event, generatedDateTime, data: { accountId, envelopeId, recipientId } }) {
  const parts = [event, accountId, envelopeId, recipientId ?? '-', generatedDateTime]
  return parts.every((part) => textOf(part) !== undefined) ? parts.join(' ') : undefined
}

function textOf(value) {
  return typeof value === 'string' && value !== '' && value.length <= 100 ? value : undefined
}

function answer(status, data) {
  return { events: [], response: { status, data } }
}
