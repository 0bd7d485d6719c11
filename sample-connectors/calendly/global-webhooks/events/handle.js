/**
 * Receives the webhooks of a Calendly app and gives each to the tenant for which its webhook subscription was made.
 * Never reads a body before its signature was found right, and never guesses a tenant.
 */
import { tenantOf } from '../../lib/tenants.js'
import { isSignedByCalendly } from './signature.js'

const EVENT_NAME = /^[a-z][a-z_]{0,49}\.[a-z][a-z_]{0,49}$/
const TIME = /^[0-9TZ:.+-]{10,40}$/
const RESOURCE_URI = /^https:\/\/api\.calendly\.com\/[\w/-]{1,250}$/

/** @type {import('@patchbay/sdk').Handle} */
export default async function handle(request) {
  if (!isSignedByCalendly(request)) return answer(401, 'The signature is missing, wrong, or not of this time.')

  // `data` is read here and not in the argument of `handle`, because reading it is what parses the body.
  const body = request.data
  if (!EVENT_NAME.test(text(body?.event))) return answer(400, 'The body is not an event of Calendly.')

  const tenant = tenantOf(body.created_by)
  if (tenant === undefined) {
    console.warn('This request does not say for whom its webhook subscription was made, so it belongs to no customer.')
    return answer(200)
  }
  return {
    events: [
      {
        // One subscription wants everything of its tenant, another only one kind.
        selectors: [tenant, `${tenant}:${body.event}`],
        id: idOf(tenant, body),
        orderingKey: resourceOf(body),
        payload: body,
      },
    ],
    response: { status: 200 },
  }
}

/**
 * Calendly sends no id. The same event about the same thing at the same time is the same, but for each tenant: two
 * users of one organisation have a webhook subscription each.
 */
function idOf(tenant, { event, created_at, payload }) {
  const resource = resourceOf({ payload })
  if (resource === undefined || !TIME.test(text(created_at))) return undefined
  return `${tenant} ${event} ${resource} ${created_at}`
}

/** The invitee or the form submission that the event is about. */
function resourceOf({ payload }) {
  return RESOURCE_URI.test(text(payload?.uri)) ? payload.uri : undefined
}

function text(value) {
  return typeof value === 'string' ? value : ''
}

function answer(status, data) {
  return { events: [], response: { status, data } }
}
