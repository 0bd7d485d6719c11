/**
 * Tells whether Stripe signed a request, and signed it just now.
 * Never looks at anything but the bytes as they were received. Never asks the clock: a request is judged by the time
 * at which it came, also when it is replayed later.
 */
import { Buffer } from 'node:buffer'
import { createHmac, timingSafeEqual } from 'node:crypto'

const SIGNATURE = /^[0-9a-f]{64}$/
const TIMESTAMP = /^[0-9]{1,12}$/
const TOLERANCE_S = 5 * 60

export function isSignedByStripe({ headers, rawBytes, receivedAt, parameters }) {
  const secret = parameters.webhookSecret
  // Without a secret everything would have to be refused; an error says why.
  if (typeof secret !== 'string' || secret === '') {
    throw new Error('The connector parameter `webhookSecret` is not set. Set it to that of the webhook endpoint.')
  }
  const { timestamps, signatures } = readHeader(headers['stripe-signature'] ?? '')
  if (timestamps.length !== 1 || !isOfThisTime(timestamps[0], receivedAt)) return false
  const expected = createHmac('sha256', secret).update(`${timestamps[0]}.`).update(rawBytes).digest()
  // While a secret is being replaced, Stripe signs with the old and the new one. Either will do.
  return signatures.some((signature) => timingSafeEqual(Buffer.from(signature, 'hex'), expected))
}

/** `t=…,v1=…,v1=…,v0=…`. Only v1 counts: v0 is a signature for tests. */
function readHeader(header) {
  const pairs = header.split(',').map((part) => part.trim().split('='))
  const valuesOf = (name) => pairs.filter((pair) => pair.length === 2 && pair[0] === name).map((pair) => pair[1])
  return { timestamps: valuesOf('t'), signatures: valuesOf('v1').filter((value) => SIGNATURE.test(value)) }
}

/** Both ways: a request from the future could be kept and sent again for as long as it is early. */
function isOfThisTime(timestamp, receivedAt) {
  if (!TIMESTAMP.test(timestamp)) return false
  const ageS = Date.parse(receivedAt) / 1000 - Number(timestamp)
  // An unreadable time makes this NaN, which is not within anything.
  return Math.abs(ageS) <= TOLERANCE_S
}
