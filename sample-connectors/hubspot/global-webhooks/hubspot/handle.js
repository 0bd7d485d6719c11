/**
 * Receives the webhooks of a HubSpot app. One request holds up to a hundred changes of different portals: each becomes
 * an event of its own, for its own portal.
 * Never reads a body before its signature was found right, and never lets one unreadable item hold up the others.
 */
import { portal } from '../../lib/portals.js'
import { isSignedByHubSpot } from './signature.js'

const TYPE = /^[A-Za-z][\w.-]{0,99}$/

/** @type {import('@patchbay/sdk').Handle} */
export default async function handle(request) {
  if (!isSignedByHubSpot(request)) return answer(401, 'The signature is missing, wrong, or not of this time.')

  // Not in the argument of `handle`: reading `data` is what parses the body.
  const items = request.data
  if (!Array.isArray(items)) return answer(400, 'The body is not a JSON array.')

  const events = items.map(eventOf).filter((event) => event !== undefined)
  const unowned = items.length - events.length
  if (unowned > 0) console.warn(`${unowned} of ${items.length} items name no portal, so they belong to no customer.`)
  return { events, response: { status: 200, data: 'Received.' } }
}

function eventOf(item) {
  const tenant = portal(item?.portalId)
  if (tenant === undefined) return undefined
  const type = item.subscriptionType
  const hasType = typeof type === 'string' && TYPE.test(type)
  return {
    // One subscription wants everything of its portal, another only one type of change.
    selectors: hasType ? [tenant, `${tenant}:${type}`] : [tenant],
    id: idOf(item),
    payload: item,
  }
}

/** The same for every attempt. HubSpot does not promise that `eventId` alone is unique. */
function idOf({ portalId, subscriptionId, eventId, occurredAt }) {
  const parts = [portalId, subscriptionId, eventId, occurredAt]
  return parts.every(Number.isSafeInteger) ? parts.join('-') : undefined
}

function answer(status, data) {
  return { events: [], response: { status, data } }
}
