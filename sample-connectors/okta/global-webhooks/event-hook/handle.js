/**
 * Receives the event hooks of Okta organisations, takes each request apart into its events, and gives them to the
 * organisation that it comes from.
 * Never answers or reads anything before the secret was found right, and never lets one organisation speak for another.
 */
import { organisationsOfSecret } from './secret.js'

const CHALLENGE = /^[\w.~-]{1,200}$/
const EVENT_TYPE = /^[A-Za-z][\w.-]{0,199}$/

/** @type {import('@patchbay/sdk').Handle} */
export default async function handle(request) {
  const senders = organisationsOfSecret(request)
  if (senders.length === 0) return answer(401, 'The secret in Authorization is missing or wrong.')
  if (request.method === 'GET') return handshake(request.headers['x-okta-verification-challenge'] ?? '')

  const body = request.data
  const found = body?.data?.events
  if (!Array.isArray(found)) return answer(400, 'The body is not an event hook of Okta.')

  const organisation = originOf(body.source)
  if (organisation === undefined || !senders.includes(organisation)) {
    console.warn('This is not from the organisation whose secret it has, so it belongs to no customer.')
    return answer(200)
  }
  return { events: found.map((event) => routed(event, organisation)), response: { status: 200 } }
}

/** What Okta asks once, when the event hook is verified. */
function handshake(challenge) {
  if (!CHALLENGE.test(challenge)) return answer(400, 'This is not a challenge of Okta.')
  return { events: [], response: { status: 200, data: { verification: challenge } } }
}

function routed(event, organisation) {
  const type = event?.eventType
  const selector = `organisation:${organisation}`
  return {
    // One subscription wants every event, another only those of one type.
    selectors: typeof type === 'string' && EVENT_TYPE.test(type) ? [selector, `${selector}:${type}`] : [selector],
    // A retry has the same id. The organisation is part of it, so that none can use up an id of another.
    id: typeof event?.uuid === 'string' && event.uuid !== '' ? `${organisation} ${event.uuid}` : undefined,
    payload: event,
  }
}

function originOf(source) {
  try {
    const { protocol, origin } = new URL(source)
    return protocol === 'https:' ? origin : undefined
  } catch {
    return undefined
  }
}

function answer(status, data) {
  return { events: [], response: { status, data } }
}
