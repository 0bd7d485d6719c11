/**
 * Tells whether Plaid signed a request, and signed it just now: a JWT in a header names the digest of the body.
 * Never takes the algorithm or a key from the token: it may only name one of the keys that are known. Never asks the
 * clock: a request is judged by the time at which it came, also when it is replayed later.
 */
import { Buffer } from 'node:buffer'
import { createHash, createPublicKey, timingSafeEqual, verify } from 'node:crypto'

const JWT = /^([\w-]{1,1000})\.([\w-]{1,1000})\.([\w-]{86})$/
const KEY_ID = /^[\w-]{1,100}$/
const SHA256 = /^[0-9a-f]{64}$/
const TOLERANCE_S = 5 * 60

/** What the JWT claims; undefined if anything about it, or about the body, is wrong. */
export function signedClaims({ headers, rawBytes, receivedAt, parameters }) {
  const keys = parameters.verificationKeys
  // Without a key everything would have to be refused; an error says why.
  if (!Array.isArray(keys) || keys.length === 0) {
    throw new Error('The connector parameter `verificationKeys` is not set. Ask /webhook_verification_key/get for it.')
  }
  const [, head, claims, signature] = JWT.exec(headers['plaid-verification'] ?? '') ?? []
  if (signature === undefined) return undefined
  const receivedAtS = Date.parse(receivedAt) / 1000
  const key = keyFor(read(head), keys, receivedAtS)
  if (key === undefined || !isSigned(`${head}.${claims}`, signature, key)) return undefined
  const { iat, request_body_sha256: digest } = read(claims) ?? {}
  return isOfThisTime(iat, receivedAtS) && isDigestOf(rawBytes, digest) ? { iat, digest } : undefined
}

function keyFor(head, keys, receivedAtS) {
  if (head?.alg !== 'ES256' || typeof head.kid !== 'string' || !KEY_ID.test(head.kid)) return undefined
  const key = keys.find(({ kid }) => kid === head.kid)
  // Anybody can name a key, so this says nothing of who asks; it tells the operator what to do after a change of keys.
  if (key === undefined) console.warn(`The key ${head.kid} is not among verificationKeys. If Plaid knows it, add it.`)
  const isExpired = typeof key?.expired_at === 'number' && receivedAtS >= key.expired_at
  return isExpired ? undefined : key
}

/** Of the key, the numbers alone: what it may be used for is said here. */
function isSigned(text, signature, { x, y }) {
  const key = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' })
  return verify('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }, bytesOf(signature))
}

/** Both ways: a request from the future could be kept and sent again for as long as it is early. */
function isOfThisTime(iat, receivedAtS) {
  // An unreadable time makes this NaN, which is not within anything.
  return Number.isSafeInteger(iat) && Math.abs(receivedAtS - iat) <= TOLERANCE_S
}

function isDigestOf(bytes, hex) {
  if (typeof hex !== 'string' || !SHA256.test(hex)) return false
  return timingSafeEqual(Buffer.from(hex, 'hex'), createHash('sha256').update(bytes).digest())
}

function read(part) {
  try {
    return JSON.parse(bytesOf(part).toString())
  } catch {
    return undefined
  }
}

function bytesOf(base64url) {
  return Buffer.from(base64url.replaceAll('-', '+').replaceAll('_', '/'), 'base64')
}
