/**
 * Tells whether HubSpot signed a request, and signed it just now: version 3 of its signatures, which covers the method
 * and the URL, too.
 * Never takes the URL from the Host header: `url` is built from the host's configured public address. Never falls back
 * to the older signatures, which cover no time and, for webhooks, no URL.
 */
import { Buffer } from 'node:buffer'
import { createHmac, timingSafeEqual } from 'node:crypto'

/** 32 bytes in base64. */
const SIGNATURE = /^[A-Za-z0-9+/]{43}=$/
const TIMESTAMP_MS = /^[0-9]{1,15}$/
const TOLERANCE_MS = 5 * 60 * 1000
/** : / ? @ ! $ ' ( ) * , ; are the characters that HubSpot signs decoded. */
const SIGNED_DECODED = /%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi

export function isSignedByHubSpot({ method, url, headers, rawBytes, receivedAt, parameters }) {
  const secret = parameters.clientSecret
  // Without a secret everything would have to be refused; an error says why.
  if (typeof secret !== 'string' || secret === '') {
    throw new Error('The connector parameter `clientSecret` is not set. Set it to that of the HubSpot app.')
  }
  const signature = headers['x-hubspot-signature-v3'] ?? ''
  const timestamp = headers['x-hubspot-request-timestamp'] ?? ''
  if (!SIGNATURE.test(signature) || !isOfThisTime(timestamp, receivedAt)) return false
  const expected = createHmac('sha256', secret)
    .update(method + url.replace(SIGNED_DECODED, decodeURIComponent))
    .update(rawBytes)
    .update(timestamp)
    .digest()
  return timingSafeEqual(Buffer.from(signature, 'base64'), expected)
}

/** Both ways: a request from the future could be kept and sent again for as long as it is early. */
function isOfThisTime(timestamp, receivedAt) {
  if (!TIMESTAMP_MS.test(timestamp)) return false
  const ageMs = Date.parse(receivedAt) - Number(timestamp)
  // An unreadable time makes this NaN, which is not within anything.
  return Math.abs(ageMs) <= TOLERANCE_MS
}
