/**
 * Receives what Azure Event Grid sends and gives each event to the topic that it is of.
 * Never reads a body before the code in the URL was found right: Event Grid signs nothing. Never calls a URL that a
 * request names.
 */
import { topicSelector, typeSelector } from '../../lib/topic.js'
import { hasCode } from './code.js'
import { eventsIn } from './events.js'
import { consent, validation } from './handshakes.js'

const EVENT_ID = /^[\x21-\x7e]{1,150}$/

/** @type {import('@patchbay/sdk').Handle} */
export default async function handle(request) {
  if (!hasCode(request)) return answer(401, 'The code in the query is missing or wrong.')
  if (request.method === 'OPTIONS') return consent(request)
  if (request.method !== 'POST') return answer(405, 'Events come by POST.')

  const found = eventsIn(request)
  if (found === undefined) return answer(400, 'The body is neither events of Event Grid nor CloudEvents.')
  // By the header and not by the type alone, which somebody could give to an event of their own among others.
  if (request.headers['aeg-event-type'] === 'SubscriptionValidation') return validation(found)

  const events = found.map(routed).filter((event) => event !== undefined)
  const lost = found.length - events.length
  if (lost > 0) console.warn(`${lost} of ${found.length} events name no topic, so they belong to no customer.`)
  return { events, response: { status: 200 } }
}

/** One event with its selectors; undefined if it names no topic, so that the others of its request are not held up. */
function routed(event) {
  const topic = event.topic ?? event.source
  const everything = topicSelector(topic)
  if (everything === undefined) return undefined
  const oneType = typeSelector(event.eventType ?? event.type, topic)
  const hasId = typeof event.id === 'string' && EVENT_ID.test(event.id)
  return {
    selectors: oneType === undefined ? [everything] : [everything, oneType],
    // A repeat has the same id. It is unique within its topic only.
    id: hasId ? `${everything}:${event.id}` : undefined,
    payload: event,
  }
}

function answer(status, data) {
  return { events: [], response: { status, data } }
}
