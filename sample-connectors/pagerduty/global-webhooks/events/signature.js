/**
 * Finds the account whose secret signed a request.
 * Never looks at anything but the bytes as they were received.
 */
import { Buffer } from 'node:buffer'
import { createHmac, timingSafeEqual } from 'node:crypto'

const SIGNATURE = /^v1=([0-9a-f]{64})$/
const SIGNATURES_MAX = 10

/** The name of the account; undefined if nobody's secret made any of the signatures. */
export function accountThatSigned({ headers, rawBytes, parameters }) {
  const accounts = parameters.accounts
  // Without a secret everything would have to be refused; an error says why.
  if (!Array.isArray(accounts) || accounts.length === 0) {
    throw new Error('The connector parameter `accounts` is not set. Give each PagerDuty account and its secrets.')
  }
  const signatures = signaturesIn(headers['x-pagerduty-signature'] ?? '')
  if (signatures.length === 0) return undefined
  const isSignedWith = (secret) => {
    const expected = createHmac('sha256', secret).update(rawBytes).digest()
    return signatures.some((signature) => timingSafeEqual(signature, expected))
  }
  return accounts.find(({ secrets }) => secrets.some(isSignedWith))?.account
}

/** While a secret is being replaced there is one for the old and one for the new. Other versions are left out. */
function signaturesIn(header) {
  const found = header.split(',').map((each) => SIGNATURE.exec(each.trim())?.[1])
  return found.filter((hex) => hex !== undefined).slice(0, SIGNATURES_MAX).map((hex) => Buffer.from(hex, 'hex'))
}
