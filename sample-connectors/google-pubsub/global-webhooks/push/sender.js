/**
 * Tells whether a request is from the push subscription: by the token that Google signed for its service account.
 * Never asks the clock: a token is judged by the time at which the request came, also when it is replayed later.
 */
import { claimsOf } from './jwt.js'

const BEARER = /^Bearer +(\S+)$/i
const ISSUERS = ['https://accounts.google.com', 'accounts.google.com']
// Google's clock and the host's may differ a little.
const LEEWAY_S = 60

export function isFromPushSubscription({ headers, receivedAt, parameters }) {
  const { audience, serviceAccountEmail, jwks } = parameters
  // Without all three everything would have to be refused; an error says why.
  if (!audience || !serviceAccountEmail || !Array.isArray(jwks?.keys)) {
    throw new Error('Set the connector parameters `audience`, `serviceAccountEmail` and `jwks`.')
  }
  const [, token] = BEARER.exec(headers.authorization ?? '') ?? []
  const claims = token && claimsOf(token, jwks.keys)
  return (
    Boolean(claims) &&
    ISSUERS.includes(claims.iss) &&
    claims.aud === audience &&
    claims.email === serviceAccountEmail &&
    claims.email_verified === true &&
    isOfThisTime(claims, receivedAt)
  )
}

function isOfThisTime({ iat, exp }, receivedAt) {
  if (!Number.isFinite(iat) || !Number.isFinite(exp)) return false
  const nowS = Date.parse(receivedAt) / 1000
  // An unreadable time makes both sides false.
  return iat - LEEWAY_S <= nowS && nowS < exp + LEEWAY_S
}
