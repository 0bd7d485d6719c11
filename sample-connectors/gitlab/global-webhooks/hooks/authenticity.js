/**
 * Tells whether a request is GitLab's: by its signature where signing tokens are set, otherwise by the secret token.
 * Never accepts the token where a signature could be had. Never asks the clock: a request is judged by the time at
 * which it came, also when it is replayed later.
 */
import { Buffer } from 'node:buffer'
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

const ID = /^[\w-]{1,100}$/
const TIMESTAMP = /^[0-9]{1,12}$/
const SIGNATURE = /^v1,([A-Za-z0-9+/]{43}=)$/
const SIGNING_TOKEN = /^whsec_([A-Za-z0-9+/]{43}=)$/
const TOLERANCE_S = 5 * 60
const SIGNATURES_MAX = 10

export function isFromGitLab(request) {
  const { signingTokens, secretToken } = request.parameters
  if (signingTokens !== undefined) return isSigned(request, signingTokens.map(keyOf))
  // Without a secret everything would have to be refused; an error says why.
  if (typeof secretToken !== 'string' || secretToken === '') {
    throw new Error('Neither `signingTokens` nor `secretToken` is set. Set one of these connector parameters.')
  }
  // Digests have one length, whatever was sent, so the comparison does not tell that of the token.
  return timingSafeEqual(digest(request.headers['x-gitlab-token'] ?? ''), digest(secretToken))
}

/** A signature of Standard Webhooks, over the bytes as they were received. */
function isSigned({ headers, rawBytes, receivedAt }, keys) {
  const id = headers['webhook-id'] ?? ''
  const timestamp = headers['webhook-timestamp'] ?? ''
  if (!ID.test(id) || !isOfThisTime(timestamp, receivedAt)) return false
  const given = signaturesIn(headers['webhook-signature'] ?? '')
  return keys.some((key) => {
    const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(rawBytes).digest()
    return given.some((signature) => timingSafeEqual(signature, expected))
  })
}

function signaturesIn(header) {
  const found = header.split(' ').map((each) => SIGNATURE.exec(each)?.[1])
  return found.filter((each) => each !== undefined).slice(0, SIGNATURES_MAX).map((each) => Buffer.from(each, 'base64'))
}

function keyOf(token) {
  const [, base64] = SIGNING_TOKEN.exec(token) ?? []
  if (base64 === undefined) throw new Error('A signing token is not whsec_ and 32 bytes in base64. Copy it once more.')
  return Buffer.from(base64, 'base64')
}

/** Both ways: a request from the future could be kept and sent again for as long as it is early. */
function isOfThisTime(timestamp, receivedAt) {
  if (!TIMESTAMP.test(timestamp)) return false
  const ageS = Date.parse(receivedAt) / 1000 - Number(timestamp)
  // An unreadable time makes this NaN, which is not within anything.
  return Math.abs(ageS) <= TOLERANCE_S
}

function digest(text) {
  return createHash('sha256').update(text).digest()
}
