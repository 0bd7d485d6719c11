/**
 * Tells whether Slack signed a request, and signed it just now.
 * Never looks at anything but the bytes as they were received. Never asks the clock: a request is judged by the time
 * at which it came, also when it is replayed later.
 */
import { Buffer } from 'node:buffer'
import { createHmac, timingSafeEqual } from 'node:crypto'

const SIGNATURE = /^v0=([0-9a-f]{64})$/
const TIMESTAMP = /^[0-9]{1,12}$/
const TOLERANCE_S = 5 * 60

export function isSignedBySlack({ headers, rawBytes, receivedAt, parameters }) {
  const secret = parameters.signingSecret
  // Without a secret everything would have to be refused; an error says why.
  if (typeof secret !== 'string' || secret === '') {
    throw new Error('The connector parameter `signingSecret` is not set. Set it to that of the Slack app.')
  }
  const [, signature] = SIGNATURE.exec(headers['x-slack-signature'] ?? '') ?? []
  const timestamp = headers['x-slack-request-timestamp'] ?? ''
  if (signature === undefined || !isOfThisTime(timestamp, receivedAt)) return false
  const expected = createHmac('sha256', secret).update(`v0:${timestamp}:`).update(rawBytes).digest()
  return timingSafeEqual(Buffer.from(signature, 'hex'), expected)
}

/** Both ways: a request from the future could be kept and sent again for as long as it is early. */
function isOfThisTime(timestamp, receivedAt) {
  if (!TIMESTAMP.test(timestamp)) return false
  const ageS = Date.parse(receivedAt) / 1000 - Number(timestamp)
  // An unreadable time makes this NaN, which is not within anything.
  return Math.abs(ageS) <= TOLERANCE_S
}
