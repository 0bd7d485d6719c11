/**
 * Reads the token with which monday proves that a request is its own.
 * Never takes the algorithm from the token: it is HS256 or nothing. Never asks the clock: a token is judged by the time
 * at which the request came, also when it is replayed later.
 */
import { Buffer } from 'node:buffer'
import { createHmac, timingSafeEqual } from 'node:crypto'

const TOKEN = /^(?:Bearer +)?([\w-]{1,1000})\.([\w-]{1,8000})\.([\w-]{43})$/i
// monday's clock and the host's may differ a little.
const LEEWAY_S = 60

/** What the token claims, undefined if it is not monday's, not for this URL or not of this time. */
export function claimsOf({ headers, url, receivedAt, parameters }) {
  const secret = parameters.signingSecret
  // Without a secret everything would have to be refused; an error says why.
  if (typeof secret !== 'string' || secret === '') {
    throw new Error('The connector parameter `signingSecret` is not set. Set it to that of the monday app.')
  }
  const [, head, body, signature] = TOKEN.exec(headers.authorization ?? '') ?? []
  if (signature === undefined) return undefined
  const expected = createHmac('sha256', secret).update(`${head}.${body}`).digest()
  if (!timingSafeEqual(Buffer.from(signature, 'base64'), expected)) return undefined

  const claims = parsePart(body)
  const isGood = parsePart(head)?.alg === 'HS256' && claims?.aud === url && isOfThisTime(claims, receivedAt)
  return isGood ? claims : undefined
}

function isOfThisTime({ iat, exp }, receivedAt) {
  if (!Number.isFinite(iat) || !Number.isFinite(exp)) return false
  const nowS = Date.parse(receivedAt) / 1000
  // An unreadable time makes both sides false.
  return iat - LEEWAY_S <= nowS && nowS < exp + LEEWAY_S
}

function parsePart(part) {
  try {
    return JSON.parse(Buffer.from(part, 'base64').toString('utf8'))
  } catch {
    return undefined
  }
}
