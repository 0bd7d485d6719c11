/**
 * Receives the webhooks of several PagerDuty accounts and gives each to the account whose secret signed it.
 * Never reads a body before its signature was found right, and never takes the account from anything but the secret:
 * the body does not name it, and headers are not signed.
 */
import { accountThatSigned } from './signature.js'

const EVENT_ID = /^[\w-]{1,100}$/
const EVENT_TYPE = /^[a-z][a-z_]{0,49}(\.[a-z][a-z_]{0,49}){1,4}$/

/** @type {import('@patchbay/sdk').Handle} */
export default async function handle(request) {
  const account = accountThatSigned(request)
  if (account === undefined) return answer(401, 'The signature is missing or wrong.')

  // `data` is read here and not in the argument of `handle`, because reading it is what parses the body.
  const event = request.data?.event
  const isEvent = EVENT_ID.test(text(event?.id)) && EVENT_TYPE.test(text(event?.event_type))
  if (!isEvent) return answer(400, 'The body is not an event of PagerDuty.')
  if (event.event_type === 'pagey.ping') return answer(200, 'pong')

  return {
    events: [
      {
        // One subscription wants everything of its account, another only one type.
        selectors: [`account:${account}`, `account:${account}:${event.event_type}`],
        // A repeat has the same id. With the account before it, no account can use up the ids of another.
        id: `${account}:${event.id}`,
        orderingKey: incidentOf(event.data),
        payload: event,
      },
    ],
    response: { status: 202, data: 'Received.' },
  }
}

/** The incident that the event is about. A note, a responder or a status update names it beside itself. */
function incidentOf(data) {
  const id = data?.incident?.id ?? data?.id
  return EVENT_ID.test(text(id)) ? id : undefined
}

function text(value) {
  return typeof value === 'string' ? value : ''
}

function answer(status, data) {
  return { events: [], response: { status, data } }
}
