/**
 * Tells whether Shopify signed a request.
 * Never looks at anything but the bytes as they were received.
 */
import { Buffer } from 'node:buffer'
import { createHmac, timingSafeEqual } from 'node:crypto'

/** 32 bytes in base64. */
const SIGNATURE = /^[A-Za-z0-9+/]{43}=$/

export function isSignedByShopify({ headers, rawBytes, parameters }) {
  const secret = parameters.clientSecret
  // Without a secret everything would have to be refused; an error says why.
  if (typeof secret !== 'string' || secret === '') {
    throw new Error('The connector parameter `clientSecret` is not set. Set it to that of the Shopify app.')
  }
  const signature = headers['x-shopify-hmac-sha256'] ?? ''
  if (!SIGNATURE.test(signature)) return false
  const expected = createHmac('sha256', secret).update(rawBytes).digest()
  return timingSafeEqual(Buffer.from(signature, 'base64'), expected)
}
