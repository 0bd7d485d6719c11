/**
 * Tells whether the URL that was called has one of the codes. It is all that tells Event Grid from a stranger.
 */
import { createHash, timingSafeEqual } from 'node:crypto'

export function hasCode({ query, parameters }) {
  const { codes } = parameters
  // Without a code everything would have to be refused; an error says why.
  if (!Array.isArray(codes) || codes.length === 0) {
    throw new Error('The connector parameter `codes` is not set. Set it to a long random text, and add it to the URL.')
  }
  // A code that is there twice is a list, and so none.
  if (typeof query.code !== 'string') return false
  const given = digest(query.code)
  // Digests have one length, whatever was sent, so the comparison does not tell that of a code.
  return codes.some((code) => timingSafeEqual(given, digest(code)))
}

function digest(text) {
  return createHash('sha256').update(text).digest()
}
