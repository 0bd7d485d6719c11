/**
 * Reads what Pub/Sub pushes: one message, with Gmail's notification as JSON in base64. Pure.
 * Never throws: what cannot be read is undefined.
 */
import { Buffer } from 'node:buffer'

const MESSAGE_ID = /^[\w-]{1,100}$/
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/

/** The message of a push request, undefined if there is none. */
export function messageOf(data) {
  const message = data?.message
  return typeof message?.messageId === 'string' && MESSAGE_ID.test(message.messageId) ? message : undefined
}

/** What the message holds, if that is a JSON object. */
export function contentOf({ data }) {
  if (typeof data !== 'string' || !BASE64.test(data)) return undefined
  try {
    const content = JSON.parse(Buffer.from(data, 'base64').toString('utf8'))
    return typeof content === 'object' && content !== null ? content : undefined
  } catch {
    return undefined
  }
}
