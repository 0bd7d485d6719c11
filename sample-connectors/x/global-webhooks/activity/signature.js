/**
 * Signs the challenges of X and tells whether X signed a request: the same secret does both.
 * Never signs anything that could be taken for a body: whoever asked would hold a forged request.
 */
import { Buffer } from 'node:buffer'
import { createHmac, timingSafeEqual } from 'node:crypto'

// No brace among them, and a body is a JSON object or nothing.
const CHALLENGE = /^[\w+/=.~-]{1,200}$/
const SIGNATURE = /^sha256=([A-Za-z0-9+/]{43}=)$/

/** The answer to a challenge, undefined if it does not look like one. */
export function signChallenge(token, parameters) {
  if (typeof token !== 'string' || !CHALLENGE.test(token)) return undefined
  return `sha256=${hmac(token, parameters).toString('base64')}`
}

export function isSignedByX({ headers, rawBytes, parameters }) {
  const expected = hmac(rawBytes, parameters)
  const [, signature] = SIGNATURE.exec(headers['x-twitter-webhooks-signature'] ?? '') ?? []
  return signature !== undefined && timingSafeEqual(Buffer.from(signature, 'base64'), expected)
}

function hmac(data, { consumerSecret }) {
  // Without a secret everything would have to be refused; an error says why.
  if (typeof consumerSecret !== 'string' || consumerSecret === '') {
    throw new Error('The connector parameter `consumerSecret` is not set. Set it to that of the X app.')
  }
  return createHmac('sha256', consumerSecret).update(data).digest()
}
