/**
 * Receives the notifications of Microsoft Graph. One request mixes subscriptions and tenants: each notification is
 * judged by itself, and becomes an event for its own tenant.
 * Never takes a notification without the right client state, and never gives the client state away.
 */
import { guid, tenant } from '../../lib/tenants.js'
import { clientStateCheck } from './client-state.js'

const NOTIFICATION_ID = /^[\w+/=-]{1,200}$/
/** What is printed in ASCII, but for the brackets of HTML. */
const VALIDATION_TOKEN = /^[ -;=?-~]{1,1024}$/

/** @type {import('@patchbay/sdk').Handle} */
export default async function handle(request) {
  const { validationToken } = request.query
  if (validationToken !== undefined) return handshake(validationToken)

  const hasClientState = clientStateCheck(request)
  // Not in the argument of `handle`: reading `data` is what parses the body.
  const items = request.data?.value
  if (!Array.isArray(items)) return answer(400, 'The body is not a collection of notifications.')

  const genuine = items.filter(hasClientState)
  if (genuine.length < items.length) {
    console.warn(`${items.length - genuine.length} of ${items.length} notifications have a wrong client state.`)
  }
  if (genuine.length === 0) return answer(401, 'No notification with the right client state.')

  const events = genuine.map(eventOf).filter((event) => event !== undefined)
  if (events.length < genuine.length) {
    console.warn(`${genuine.length - events.length} notifications name no tenant, so they belong to no customer.`)
  }
  return { events, response: { status: 202 } }
}

/** What Graph asks whenever a subscription is made. It can be answered to anybody, as it changes nothing. */
function handshake(validationToken) {
  const isToken = typeof validationToken === 'string' && VALIDATION_TOKEN.test(validationToken)
  if (!isToken) return answer(400, 'This is not a validation token of Microsoft Graph.')
  return { events: [], response: { status: 200, headers: { 'content-type': 'text/plain' }, data: validationToken } }
}

function eventOf(item) {
  const owner = tenant(item.tenantId)
  if (owner === undefined) return undefined
  const { clientState, ...payload } = item
  return {
    selectors: selectorsOf(owner, item),
    // A retry has the same id. Lifecycle notifications have none.
    id: typeof item.id === 'string' && NOTIFICATION_ID.test(item.id) ? item.id : undefined,
    payload,
  }
}

/** Those who watch for changes do not want to hear of the life of subscriptions, and the other way round. */
function selectorsOf(owner, { lifecycleEvent, subscriptionId }) {
  if (lifecycleEvent !== undefined) return [`${owner}:lifecycle`]
  const subscription = guid(subscriptionId)
  return subscription === undefined ? [owner] : [owner, `${owner}:subscription:${subscription}`]
}

function answer(status, data) {
  return { events: [], response: { status, data } }
}
