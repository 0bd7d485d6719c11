/**
 * Receives the webhooks of a GitHub App and gives each to the installation that it is about.
 * Never reads a body before its signature was found right, and never guesses an installation.
 */
import { isSignedByGitHub } from './signature.js'

const EVENT_NAME = /^[a-z][a-z0-9_]{0,99}$/
const DELIVERY_ID = /^[\w-]{1,100}$/
const FORM = /^application\/x-www-form-urlencoded\b/i

/** @type {import('@patchbay/sdk').Handle} */
export default async function handle(request) {
  if (!isSignedByGitHub(request)) return answer(401, 'The signature is missing or wrong.')

  const event = request.headers['x-github-event'] ?? ''
  const delivery = request.headers['x-github-delivery'] ?? ''
  if (!EVENT_NAME.test(event) || !DELIVERY_ID.test(delivery)) {
    return answer(400, 'X-GitHub-Event or X-GitHub-Delivery is missing or malformed.')
  }
  const payload = readPayload(request)
  if (payload === undefined) return answer(400, 'The body is not a JSON object.')
  if (event === 'ping') return answer(200, 'pong')

  const installation = payload.installation?.id
  if (!Number.isSafeInteger(installation)) {
    return answer(202, `Received, but this ${event} names no installation, so it belongs to no customer.`)
  }
  return {
    events: [
      {
        // One subscription wants every event, another only those of one kind.
        selectors: [`installation:${installation}`, `installation:${installation}:${event}`],
        // A redelivery has the same id.
        id: delivery,
        payload: { event, action: payload.action ?? null, delivery, payload },
      },
    ],
    response: { status: 200, data: 'Received.' },
  }
}

/**
 * The JSON object in the body: the body itself, or the field `payload` of a form. Undefined if there is none.
 * `data` is read here and not in the argument of `handle`, because reading it is what parses the body.
 */
function readPayload({ data, headers }) {
  const value = FORM.test(headers['content-type'] ?? '') ? parse(data?.payload) : data
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
}

function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function answer(status, data) {
  return { events: [], response: { status, data } }
}
