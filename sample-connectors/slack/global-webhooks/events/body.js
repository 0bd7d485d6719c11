/**
 * Reads the three shapes that Slack sends: an event in JSON, an interaction as JSON in the field `payload` of a form,
 * a slash command as a plain form. Pure.
 * Never throws: what cannot be read is undefined.
 */

const FORM = /^application\/x-www-form-urlencoded\b/i
const KIND = /^[a-z][a-z0-9_.]{0,99}$/

/**
 * The body as an object, undefined if it is none.
 * `data` is read here and not in the argument of `handle`, because reading it is what parses the body.
 */
export function readBody({ data, headers }) {
  const isInteraction = FORM.test(headers['content-type'] ?? '') && data?.payload !== undefined
  const value = isInteraction ? parse(data.payload) : data
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
}

/** What kind of thing happened: `message`, `block_actions`, `slash_command` … */
export function kindOf({ type, event, command }) {
  const kind = type === 'event_callback' ? event?.type : type ?? (command && 'slash_command')
  return typeof kind === 'string' && KIND.test(kind) ? kind : undefined
}

/** The channel in which it happened, if it was in one. Slack names it by its id or, in some events, as an object. */
export function channelOf({ event, channel, channel_id }) {
  const found = event?.channel ?? event?.item?.channel ?? channel ?? channel_id
  const id = found?.id ?? found
  return typeof id === 'string' && id !== '' ? id : undefined
}

function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
