/**
 * Tells which sites signed a request: those whose secret gives its signature. Nearly always one, or none.
 * Never looks at anything but the bytes as they were received.
 */
import { Buffer } from 'node:buffer'
import { createHmac, timingSafeEqual } from 'node:crypto'

const SIGNATURE = /^sha256=([0-9a-f]{64})$/

/** @returns {string[]} */
export function sitesThatSigned({ headers, rawBytes, parameters }) {
  const secrets = Object.entries(parameters.siteSecrets ?? {})
  // Without secrets everything would have to be refused; an error says why.
  if (secrets.length === 0 || secrets.some(([, secret]) => typeof secret !== 'string' || secret === '')) {
    throw new Error('The connector parameter `siteSecrets` is not set. Give the secret of each site.')
  }
  const [, signature] = SIGNATURE.exec(headers['x-hub-signature'] ?? '') ?? []
  if (signature === undefined) return []
  const given = Buffer.from(signature, 'hex')
  const isSigner = ([, secret]) => timingSafeEqual(given, createHmac('sha256', secret).update(rawBytes).digest())
  return secrets.filter(isSigner).map(([site]) => site)
}
