/**
 * Tells whether a notification carries the secret that subscriptions were made with. Microsoft Graph signs nothing:
 * this secret is all that shows where a notification comes from.
 */
import { createHash, timingSafeEqual } from 'node:crypto'

/** A function that checks one item. */
export function clientStateCheck({ parameters }) {
  const secret = parameters.clientState
  // Without a secret everything would have to be refused; an error says why.
  if (typeof secret !== 'string' || secret === '') {
    throw new Error('The connector parameter `clientState` is not set. Set it to that of your subscriptions.')
  }
  const expected = digest(secret)
  return (item) => typeof item?.clientState === 'string' && timingSafeEqual(digest(item.clientState), expected)
}

/** Digests are of one length, which `timingSafeEqual` needs; comparing the texts' lengths would tell something. */
function digest(text) {
  return createHash('sha256').update(text).digest()
}
