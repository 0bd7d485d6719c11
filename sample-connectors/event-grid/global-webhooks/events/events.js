/**
 * Finds the events in a request: one or several in JSON, whatever the Content-Type calls them, or one CloudEvent whose
 * attributes are headers. Pure.
 * Never gives a part of a list: one thing in it that is no event makes it none.
 */
import { Buffer } from 'node:buffer'

const STRUCTURED = /^application\/cloudevents(-batch)?\+json\b/i
const JSON_TYPE = /^application\/([\w.-]+\+)?json\b/i
const TEXT_TYPE = /^(text\/|application\/xml\b)/i

/** The events, undefined if there are none that can be read. */
export function eventsIn(request) {
  const type = request.headers['content-type'] ?? ''
  if (!STRUCTURED.test(type) && request.headers['ce-specversion'] !== undefined) return binary(request, type)
  // `data` is read here and not before, because reading it is what parses the body.
  const events = Array.isArray(request.data) ? request.data : [request.data]
  return events.length > 0 && events.every(isEvent) ? events : undefined
}

/** Either schema names an event by its id and what happened by its type. */
function isEvent(value) {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  const type = isObject && (value.specversion === undefined ? value.eventType : value.type)
  return isObject && typeof value.id === 'string' && typeof type === 'string'
}

/** One CloudEvent in the binary mode, in the form that it has in the structured mode. */
function binary(request, type) {
  const attributes = Object.entries(request.headers).flatMap(([name, value]) =>
    name.startsWith('ce-') ? [[name.slice('ce-'.length), decoded(value)]] : [],
  )
  const event = { ...Object.fromEntries(attributes), ...(type && { datacontenttype: type }), ...dataOf(request, type) }
  return isEvent(event) ? [event] : undefined
}

/** JSON as its value, text as text, everything else in base64. */
function dataOf({ data, rawBytes }, type) {
  if (rawBytes.length === 0) return {}
  if (JSON_TYPE.test(type) || TEXT_TYPE.test(type)) return { data }
  return { data_base64: Buffer.from(rawBytes).toString('base64') }
}

/** Headers have percent signs where an attribute is not plain ASCII. */
function decoded(value) {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
