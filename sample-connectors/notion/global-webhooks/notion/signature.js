/**
 * Tells whether Notion signed a request.
 * Never looks at anything but the bytes as they were received.
 */
import { Buffer } from 'node:buffer'
import { createHmac, timingSafeEqual } from 'node:crypto'

const SIGNATURE = /^sha256=([0-9a-f]{64})$/

export function isSignedByNotion({ headers, rawBytes, parameters }) {
  const token = parameters.verificationToken
  // Without a token everything would have to be refused; an error says why.
  if (typeof token !== 'string' || token === '') {
    throw new Error('The connector parameter `verificationToken` is not set. Set it to the token that Notion sent.')
  }
  const [, signature] = SIGNATURE.exec(headers['x-notion-signature'] ?? '') ?? []
  if (signature === undefined) return false
  const expected = createHmac('sha256', token).update(rawBytes).digest()
  return timingSafeEqual(Buffer.from(signature, 'hex'), expected)
}
