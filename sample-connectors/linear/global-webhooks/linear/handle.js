/**
 * Receives the webhooks of a Linear application and gives each to the organization that it is about.
 * Never reads a body before its signature was found right, and never guesses an organization.
 */
import { organization } from '../../lib/organizations.js'
import { isOfThisTime, isSignedByLinear } from './signature.js'

const DELIVERY_ID = /^[\w-]{1,100}$/
const TYPE = /^[A-Z][A-Za-z]{0,99}$/

/** @type {import('@patchbay/sdk').Handle} */
export default async function handle(request) {
  if (!isSignedByLinear(request)) return answer(401, 'The signature is missing or wrong.')

  const body = readBody(request)
  if (body === undefined) return answer(400, 'The body is not a JSON object.')
  if (!isOfThisTime(body, request.receivedAt)) return answer(401, 'The webhook is not of this time.')
  const delivery = request.headers['linear-delivery'] ?? ''
  if (!DELIVERY_ID.test(delivery)) return answer(400, 'Linear-Delivery is missing or malformed.')

  const tenant = organization(body.organizationId)
  if (tenant === undefined) {
    console.warn('This webhook names no organization, so it belongs to no customer.')
    return answer(200)
  }
  const hasType = typeof body.type === 'string' && TYPE.test(body.type)
  return {
    events: [
      {
        // One subscription wants everything of its organization, another only one type.
        selectors: hasType ? [tenant, `${tenant}:${body.type}`] : [tenant],
        // A retry has the same id.
        id: delivery,
        payload: body,
      },
    ],
    response: { status: 200 },
  }
}

/**
 * The JSON object in the body, undefined if there is none.
 * `data` is read here and not in the argument of `handle`, because reading it is what parses the body.
 */
function readBody({ data }) {
  return typeof data === 'object' && data !== null && !Array.isArray(data) ? data : undefined
}

/** Linear takes 200 alone for success: any other answer is repeated. */
function answer(status, data) {
  return { events: [], response: { status, data } }
}
