/**
 * Tells whether Square signed a request. The signature covers the notification URL and the body.
 * Never looks at anything but the bytes as they were received, and never takes the URL from a header: `url` is made of
 * the host's own public address.
 */
import { Buffer } from 'node:buffer'
import { createHmac, timingSafeEqual } from 'node:crypto'

const SIGNATURE = /^[A-Za-z0-9+/]{43}=$/

export function isSignedBySquare({ headers, url, rawBytes, parameters }) {
  const key = parameters.signatureKey
  // Without a key everything would have to be refused; an error says why.
  if (typeof key !== 'string' || key === '') {
    throw new Error('The connector parameter `signatureKey` is not set. Set it to that of the webhook subscription.')
  }
  const signature = headers['x-square-hmacsha256-signature'] ?? ''
  if (!SIGNATURE.test(signature)) return false
  const expected = createHmac('sha256', key).update(url).update(rawBytes).digest()
  return timingSafeEqual(Buffer.from(signature, 'base64'), expected)
}
