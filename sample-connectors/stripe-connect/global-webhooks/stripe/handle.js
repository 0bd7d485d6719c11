/**
 * Receives the events of all accounts that are connected to a Stripe platform, and gives each to its account.
 * Never reads a body before its signature was found right, and never takes an event of the platform for a customer's.
 */
import { isSignedByStripe } from './signature.js'

const ACCOUNT_ID = /^acct_[A-Za-z0-9]{1,64}$/
const EVENT_ID = /^evt_\w{1,100}$/
const TYPE = /^[a-z][a-z0-9_.]{0,99}$/

/** @type {import('@patchbay/sdk').Handle} */
export default async function handle(request) {
  if (!isSignedByStripe(request)) return answer(401, 'The signature is missing, wrong, or not of this time.')

  const event = readEvent(request)
  if (event === undefined) return answer(400, 'The body is not an event of Stripe.')
  if (!matches(event.account, ACCOUNT_ID)) {
    return answer(202, 'Received, but this event names no connected account, so it belongs to no customer.')
  }
  const tenant = `account:${event.account}`
  return {
    events: [
      {
        // One subscription wants every event of its account, another only those of one type.
        selectors: matches(event.type, TYPE) ? [tenant, `${tenant}:${event.type}`] : [tenant],
        // A retry has the same id.
        id: event.id,
        payload: event,
      },
    ],
    response: { status: 200, data: 'Received.' },
  }
}

/**
 * The event, undefined if the body is none. An event without an id could not be told from its repeats.
 * `data` is read here and not in the argument of `handle`, because reading it is what parses the body.
 */
function readEvent({ data }) {
  return matches(data?.id, EVENT_ID) ? data : undefined
}

function matches(value, pattern) {
  return typeof value === 'string' && pattern.test(value)
}

function answer(status, data) {
  return { events: [], response: { status, data } }
}
