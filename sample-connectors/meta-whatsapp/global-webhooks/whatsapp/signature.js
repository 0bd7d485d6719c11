/**
 * Tells whether Meta signed a request, and whether a question about the URL carries the verify token.
 * Never looks at anything but the bytes as they were received: Meta writes `\u00e4` where a JSON library would write
 * `ä`, so a body that was parsed and written again has another signature.
 */
import { Buffer } from 'node:buffer'
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

const SIGNATURE = /^sha256=([0-9a-f]{64})$/

export function isSignedByMeta({ headers, rawBytes, parameters }) {
  const secret = secretFrom(parameters, 'appSecret')
  const [, signature] = SIGNATURE.exec(headers['x-hub-signature-256'] ?? '') ?? []
  if (signature === undefined) return false
  const expected = createHmac('sha256', secret).update(rawBytes).digest()
  return timingSafeEqual(Buffer.from(signature, 'hex'), expected)
}

export function hasVerifyToken({ query, parameters }) {
  const expected = digest(secretFrom(parameters, 'verifyToken'))
  const given = query['hub.verify_token']
  return typeof given === 'string' && timingSafeEqual(digest(given), expected)
}

/** Without a secret everything would have to be refused; an error says why. */
function secretFrom(parameters, name) {
  const secret = parameters[name]
  if (typeof secret === 'string' && secret !== '') return secret
  throw new Error(`The connector parameter \`${name}\` is not set. Set it to that of the Meta app.`)
}

/** Digests are of one length, which `timingSafeEqual` needs; comparing the texts' lengths would tell something. */
function digest(text) {
  return createHash('sha256').update(text).digest()
}
