/**
 * Receives the webhooks of a Meta app for WhatsApp, and gives each message, status and other change to the business
 * account and phone number that it is about.
 * Never reads a body before its signature was found right, and never echoes a challenge without the verify token.
 */
import { eventsOf } from './items.js'
import { hasVerifyToken, isSignedByMeta } from './signature.js'

const CHALLENGE = /^[\w-]{1,200}$/

/** @type {import('@patchbay/sdk').Handle} */
export default async function handle(request) {
  if (request.method === 'GET') return handshake(request)
  if (!isSignedByMeta(request)) return answer(401, 'The signature is missing or wrong.')

  const body = readBody(request)
  if (body === undefined) return answer(400, 'The body is not a JSON object.')
  if (body.object !== 'whatsapp_business_account') {
    console.warn('This webhook is not about WhatsApp, so it belongs to no customer.')
    return answer(200)
  }
  const { events, unowned } = eventsOf(body)
  if (unowned > 0) console.warn(`${unowned} changes name no business account, so they belong to no customer.`)
  return { events, response: { status: 200 } }
}

/** What Meta asks once, when the callback URL is entered. */
function handshake(request) {
  if (request.query['hub.mode'] !== 'subscribe' || !hasVerifyToken(request)) return answer(403)
  const challenge = request.query['hub.challenge']
  const isChallenge = typeof challenge === 'string' && CHALLENGE.test(challenge)
  if (!isChallenge) return answer(400, 'This is not a challenge of Meta.')
  return { events: [], response: { status: 200, headers: { 'content-type': 'text/plain' }, data: challenge } }
}

/**
 * The JSON object in the body, undefined if there is none.
 * `data` is read here and not in the argument of `handle`, because reading it is what parses the body.
 */
function readBody({ data }) {
  return typeof data === 'object' && data !== null && !Array.isArray(data) ? data : undefined
}

function answer(status, data) {
  return { events: [], response: { status, data } }
}
