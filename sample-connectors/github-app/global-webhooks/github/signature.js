/**
 * Tells whether GitHub signed a request.
 * Never looks at anything but the bytes as they were received, and never accepts the older SHA-1 signature.
 */
import { Buffer } from 'node:buffer'
import { createHmac, timingSafeEqual } from 'node:crypto'

const SIGNATURE = /^sha256=([0-9a-f]{64})$/

export function isSignedByGitHub({ headers, rawBytes, parameters }) {
  const secret = parameters.webhookSecret
  // Without a secret everything would have to be refused; an error says why.
  if (typeof secret !== 'string' || secret === '') {
    throw new Error('The connector parameter `webhookSecret` is not set. Set it to that of the GitHub App.')
  }
  const [, signature] = SIGNATURE.exec(headers['x-hub-signature-256'] ?? '') ?? []
  if (signature === undefined) return false
  const expected = createHmac('sha256', secret).update(rawBytes).digest()
  return timingSafeEqual(Buffer.from(signature, 'hex'), expected)
}
