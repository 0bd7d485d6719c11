/**
 * Tells whether Intercom signed a request.
 * Never looks at anything but the bytes as they were received. SHA-1 is Intercom's choice; as an HMAC it still keeps
 * anybody without the secret from signing.
 */
import { Buffer } from 'node:buffer'
import { createHmac, timingSafeEqual } from 'node:crypto'

const SIGNATURE = /^sha1=([0-9a-f]{40})$/

export function isSignedByIntercom({ headers, rawBytes, parameters }) {
  const secret = parameters.clientSecret
  // Without a secret everything would have to be refused; an error says why.
  if (typeof secret !== 'string' || secret === '') {
    throw new Error('The connector parameter `clientSecret` is not set. Set it to that of the Intercom app.')
  }
  const [, signature] = SIGNATURE.exec(headers['x-hub-signature'] ?? '') ?? []
  if (signature === undefined) return false
  const expected = createHmac('sha1', secret).update(rawBytes).digest()
  return timingSafeEqual(Buffer.from(signature, 'hex'), expected)
}
