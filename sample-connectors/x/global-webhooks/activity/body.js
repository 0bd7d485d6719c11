/**
 * Reads what X sends about a user. Pure.
 * Never goes by Content-Type or Content-Encoding: a body is a JSON object in the very bytes that were signed, because
 * signature.js relies on that. What is plain text to the one who signs can be made to unpack into anything.
 */
import { Buffer } from 'node:buffer'

const KIND = /^[a-z_]{1,60}_events$/

/** The body as an object, undefined if it is none. */
export function readBody(rawBytes) {
  try {
    const value = JSON.parse(Buffer.from(rawBytes).toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** The user that it is about. When a user takes the app's permission away, X names them elsewhere. */
export function userIdOf({ for_user_id, user_event }) {
  return for_user_id ?? user_event?.revoke?.source?.user_id
}

/** What kinds of things happened: `tweet_create_events`, `favorite_events`, `user_event` … */
export function kindsOf(body) {
  return Object.keys(body).filter((name) => KIND.test(name) || name === 'user_event')
}
