/**
 * Tells which webhooks signed a request: those whose shared secret gives its signature. Nearly always one, or none.
 * Never looks at anything but the bytes as they were received.
 */
import { Buffer } from 'node:buffer'
import { createHmac, timingSafeEqual } from 'node:crypto'

const SIGNATURE = /^[0-9a-f]{64}$/i

/** The ids of all webhooks that this integration knows, with their secrets. */
export function knownWebhooks({ sharedSecrets }) {
  const known = Object.entries(sharedSecrets ?? {})
  // Without secrets everything would have to be refused; an error says why.
  if (known.length === 0 || known.some(([, secret]) => typeof secret !== 'string' || secret === '')) {
    throw new Error('The connector parameter `sharedSecrets` is not set. Give the sharedSecret of each webhook.')
  }
  return known
}

/** @returns {string[]} */
export function webhooksThatSigned({ headers, rawBytes, parameters }) {
  const known = knownWebhooks(parameters)
  const signature = headers['smartsheet-hmac-sha256'] ?? ''
  if (!SIGNATURE.test(signature)) return []
  const given = Buffer.from(signature, 'hex')
  const isSigner = ([, secret]) => timingSafeEqual(given, createHmac('sha256', secret).update(rawBytes).digest())
  return known.filter(isSigner).map(([id]) => id)
}
