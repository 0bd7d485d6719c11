/**
 * Takes a body of WhatsApp apart: `entry` is a list of business accounts, `changes` a list of what happened there, and
 * a change holds several messages or statuses. Each of these becomes an event. Pure.
 * Never mixes tenants: the account is that of the entry, the phone number that of the change.
 */
import { tenant } from '../../lib/tenants.js'

const KIND = /^[a-z][a-z0-9_]{0,99}$/

/** All events in a body, and how many changes name no account and so belong to nobody. */
export function eventsOf(body) {
  const entries = list(body.entry)
  const changes = entries.flatMap((entry) => list(entry?.changes).map((change) => ({ entry, change })))
  const owned = changes.filter(({ entry }) => tenant('account', entry?.id) !== undefined)
  return {
    events: owned.flatMap(({ entry, change }) => eventsOfChange(entry, change)),
    unowned: changes.length - owned.length,
  }
}

function eventsOfChange(entry, change) {
  const account = tenant('account', entry.id)
  const phone = tenant('phone', change?.value?.metadata?.phone_number_id)
  const tenants = [account, phone].filter((each) => each !== undefined)
  return itemsOf(change).map(({ kind, id, person, value }) => ({
    selectors: KIND.test(kind) ? tenants.flatMap((each) => [each, `${each}:${kind}`]) : tenants,
    // When Meta sends a message again, its id is the same, whatever else is in that request.
    id: id && `${account}:${id}`,
    // What happens between one number and one person belongs in order.
    orderingKey: phone && person && `${phone}:${person}`,
    payload: { account: entry.id, field: change?.field, value },
  }))
}

/** A change with messages or statuses as one item for each, every other change as it is. */
function itemsOf(change) {
  const { messages, statuses, ...rest } = change?.value ?? {}
  const items = [
    ...list(messages).map((each) => item('message', text(each?.id), each?.from, { ...rest, messages: [each] })),
    ...list(statuses).map((each) => item('status', statusId(each), each?.recipient_id, { ...rest, statuses: [each] })),
  ]
  return items.length > 0 ? items : [item(text(change?.field) ?? '', undefined, undefined, change?.value)]
}

function item(kind, id, person, value) {
  return { kind, id, person: text(person), value }
}

/** A message has several statuses, one after the other, under its one id. */
function statusId(status) {
  return text(status?.id) && text(status?.status) && `${status.id}:${status.status}`
}

function text(value) {
  return typeof value === 'string' && value !== '' && value.length <= 200 ? value : undefined
}

function list(value) {
  return Array.isArray(value) ? value : []
}
