/**
 * Tells whether DocuSign signed a request. It sends a signature for each of up to a hundred keys, in headers that end
 * in 1, 2, 3 …, and one that is right is enough: so keys can be changed without a gap.
 * Never looks at anything but the bytes as they were received.
 */
import { Buffer } from 'node:buffer'
import { createHmac, timingSafeEqual } from 'node:crypto'

const HEADER = /^x-docusign-signature-([1-9][0-9]?|100)$/
const SIGNATURE = /^[A-Za-z0-9+/]{43}=$/

export function isSignedByDocuSign({ headers, rawBytes, parameters }) {
  const keys = parameters.hmacKeys
  // Without a key everything would have to be refused; an error says why.
  if (!Array.isArray(keys) || keys.length === 0 || keys.some((key) => typeof key !== 'string' || key === '')) {
    throw new Error('The connector parameter `hmacKeys` is not set. Give the Connect keys of your DocuSign account.')
  }
  const signatures = Object.entries(headers)
    .filter(([name, value]) => HEADER.test(name) && SIGNATURE.test(value))
    .map(([, value]) => Buffer.from(value, 'base64'))
  return keys.some((key) => {
    const expected = createHmac('sha256', key).update(rawBytes).digest()
    return signatures.some((signature) => timingSafeEqual(signature, expected))
  })
}
