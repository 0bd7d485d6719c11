/**
 * Receives the board webhooks of a monday app and gives each to the account and the board that it comes from.
 * Never makes an event of a request whose token was not found right, and never takes the account from the body.
 */
import { accountSelector, numberOf } from '../../lib/accounts.js'
import { claimsOf } from './token.js'

const CHALLENGE = /^[\w.~+/=-]{1,200}$/

/** @type {import('@patchbay/sdk').Handle} */
export default async function handle(request) {
  const claims = claimsOf(request)
  const { data } = request
  // A new webhook is checked without a token. The answer says nothing but what was asked.
  if (isChallenge(data)) return handshake(data)
  if (claims === undefined) return answer(401, 'The token is missing, wrong, or not of this time.')

  const event = data?.event
  if (typeof event !== 'object' || event === null) return answer(400, 'The body is not an event of monday.')

  const account = accountSelector(claims.accountId)
  if (account === undefined) {
    return answer(202, 'Received, but the token names no account, so it belongs to no customer.')
  }
  const board = numberOf(event.boardId)
  return {
    events: [
      {
        // The board is the body's word, so it counts only within the account, which is the token's.
        selectors: board === undefined ? [account] : [account, `${account}:board:${board}`],
        id: idOf(event),
        orderingKey: numberOf(event.pulseId ?? event.itemId),
        payload: event,
      },
    ],
    response: { status: 200, data: 'Received.' },
  }
}

/** Nothing in it but a challenge: a body that holds more is no handshake. */
function isChallenge(data) {
  const isAlone = typeof data?.challenge === 'string' && Object.keys(data).length === 1
  return isAlone && CHALLENGE.test(data.challenge)
}

function handshake({ challenge }) {
  return { events: [], response: { status: 200, data: { challenge } } }
}

/** What happened, for which of the webhooks: one change can call several. */
function idOf({ subscriptionId, triggerUuid }) {
  const subscription = numberOf(subscriptionId)
  return subscription && typeof triggerUuid === 'string' && triggerUuid ? `${subscription} ${triggerUuid}` : undefined
}

function answer(status, data) {
  return { events: [], response: { status, data } }
}
