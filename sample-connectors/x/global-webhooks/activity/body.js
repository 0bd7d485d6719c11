/**
 * Reads what X sends about a user. Pure.
 * Never goes by the Content-Type: a body is a JSON object, whatever it is called, because signature.js relies on that.
 */

const KIND = /^[a-z_]{1,60}_events$/

/** The body as an object, undefined if it is none. */
export function readBody(rawBody) {
  try {
    const value = JSON.parse(rawBody)
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
