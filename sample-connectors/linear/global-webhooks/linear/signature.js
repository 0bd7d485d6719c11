/**
 * Tells whether Linear signed a request, and whether it did so just now.
 * Never looks at anything but the bytes as they were received. Never asks the clock: a request is judged by the time
 * at which it came, also when it is replayed later.
 */
import { Buffer } from 'node:buffer'
import { createHmac, timingSafeEqual } from 'node:crypto'

const SIGNATURE = /^[0-9a-f]{64}$/
const TOLERANCE_MS = 60 * 1000

export function isSignedByLinear({ headers, rawBytes, parameters }) {
  const secret = parameters.webhookSecret
  // Without a secret everything would have to be refused; an error says why.
  if (typeof secret !== 'string' || secret === '') {
    throw new Error('The connector parameter `webhookSecret` is not set. Set it to that of the Linear application.')
  }
  const signature = headers['linear-signature'] ?? ''
  if (!SIGNATURE.test(signature)) return false
  const expected = createHmac('sha256', secret).update(rawBytes).digest()
  return timingSafeEqual(Buffer.from(signature, 'hex'), expected)
}

/**
 * Whether the time in the body is that at which the request came: the body, and so its time, is signed. Both ways: a
 * request from the future could be kept and sent again for as long as it is early.
 */
export function isOfThisTime({ webhookTimestamp }, receivedAt) {
  if (!Number.isSafeInteger(webhookTimestamp)) return false
  // An unreadable time makes this NaN, which is not within anything.
  return Math.abs(Date.parse(receivedAt) - webhookTimestamp) <= TOLERANCE_MS
}
