/**
 * Receives the webhooks of a sender that follows Standard Webhooks and gives each to its tenant.
 * Never reads a body before its signature was found right, and never guesses a tenant.
 */
import { signedId } from './signature.js'
import { tenantOf } from './tenant.js'

const EVENT_TYPE = /^[A-Za-z][\w.-]{0,127}$/

/** @type {import('@patchbay/sdk').Handle} */
export default async function handle(request) {
  const id = signedId(request)
  if (id === undefined) return answer(401, 'The signature is missing, wrong, or not of this time.')

  // `data` is read here and not in the argument of `handle`, because reading it is what parses the body.
  const body = request.data
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body)
  if (!isObject) return answer(400, 'The body is not a JSON object.')

  const tenant = tenantOf(request)
  if (tenant === undefined) {
    console.warn('This request names no tenant in the place that the connector parameters say.')
    return answer(202, 'Received, but it names no tenant, so it belongs to no customer.')
  }
  const hasType = typeof body.type === 'string' && EVENT_TYPE.test(body.type)
  return {
    events: [
      {
        // One subscription wants everything of its tenant, another only one type.
        selectors: hasType ? [`tenant:${tenant}`, `tenant:${tenant}:${body.type}`] : [`tenant:${tenant}`],
        // A repeat has the same id. One message for two tenants comes in two requests, and is an event of each.
        id: `${tenant}:${id}`,
        payload: body,
      },
    ],
    response: { status: 200, data: 'Received.' },
  }
}

function answer(status, data) {
  return { events: [], response: { status, data } }
}
