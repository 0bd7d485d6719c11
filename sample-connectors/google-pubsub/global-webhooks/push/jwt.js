/**
 * Reads a JSON Web Token that Google signed.
 * Never takes the algorithm or the key from the token: it is RS256 or nothing, and the key is one of those given.
 */
import { Buffer } from 'node:buffer'
import { createPublicKey, verify } from 'node:crypto'

const TOKEN = /^([\w-]{1,1000})\.([\w-]{1,8000})\.([\w-]{1,2000})$/

/** What the token claims, undefined if it is not signed by one of the keys. */
export function claimsOf(token, keys) {
  const [, head, body, signature] = TOKEN.exec(token) ?? []
  if (signature === undefined) return undefined
  const header = parsePart(head)
  if (header?.alg !== 'RS256' || header.crit !== undefined) return undefined

  const key = keys.find(({ kid }) => kid === header.kid)
  if (key === undefined) {
    console.warn('The token is signed with a key that is not in `jwks`. If it is from Google, `jwks` is out of date.')
    return undefined
  }
  const isForSigning = key.kty === 'RSA' && (key.use ?? 'sig') === 'sig' && (key.alg ?? 'RS256') === 'RS256'
  if (!isForSigning) return undefined
  const publicKey = createPublicKey({ key, format: 'jwk' })
  const isSigned = verify('RSA-SHA256', Buffer.from(`${head}.${body}`), publicKey, Buffer.from(signature, 'base64'))
  return isSigned ? parsePart(body) : undefined
}

function parsePart(part) {
  try {
    return JSON.parse(Buffer.from(part, 'base64').toString('utf8'))
  } catch {
    return undefined
  }
}
