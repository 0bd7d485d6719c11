/**
 * Tells whether Calendly signed a request, and signed it just now.
 * Never looks at anything but the bytes as they were received. Never asks the clock: a request is judged by the time
 * at which it came, also when it is replayed later.
 */
import { Buffer } from 'node:buffer'
import { createHmac, timingSafeEqual } from 'node:crypto'

const HEADER = /^t=([0-9]{1,12}),v1=([0-9a-f]{64})$/
const TOLERANCE_S = 3 * 60

export function isSignedByCalendly({ headers, rawBytes, receivedAt, parameters }) {
  const key = parameters.signingKey
  // Without a key everything would have to be refused; an error says why.
  if (typeof key !== 'string' || key === '') {
    throw new Error('The connector parameter `signingKey` is not set. Set it to that of the Calendly app.')
  }
  const [, timestamp, signature] = HEADER.exec(headers['calendly-webhook-signature'] ?? '') ?? []
  if (signature === undefined || !isOfThisTime(timestamp, receivedAt)) return false
  const expected = createHmac('sha256', key).update(`${timestamp}.`).update(rawBytes).digest()
  return timingSafeEqual(Buffer.from(signature, 'hex'), expected)
}

/** Both ways: a request from the future could be kept and sent again for as long as it is early. */
function isOfThisTime(timestamp, receivedAt) {
  const ageS = Date.parse(receivedAt) / 1000 - Number(timestamp)
  // An unreadable time makes this NaN, which is not within anything.
  return Math.abs(ageS) <= TOLERANCE_S
}
