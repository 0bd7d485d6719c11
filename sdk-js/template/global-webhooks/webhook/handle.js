/**
 * Receives the webhooks of the external app and gives each to the account that it is about.
 * Never reads a body before its signature was found right, and never guesses an account.
 */
import { Buffer } from 'node:buffer'
import { createHmac, timingSafeEqual } from 'node:crypto'

const SIGNATURE = /^sha256=([0-9a-f]{64})$/
const ACCOUNT_ID = /^[\w-]{1,100}$/

/** @type {import('@patchbay/sdk').Handle} */
export default async function handle(request) {
  if (!isSigned(request)) return answer(401, 'The signature is missing or wrong.')

  // Read here and not in the argument of `handle`: reading `data` is what parses the body.
  const { data } = request
  const account = data?.account_id
  if (typeof account !== 'string' || !ACCOUNT_ID.test(account)) return answer(400, 'The body names no account.')
  return {
    events: [{ selector: `account:${account}`, payload: data, id: data.id }],
    response: { status: 200 },
  }
}

/** Over the bytes exactly as received, in a time that tells nothing of where the signatures differ. */
function isSigned({ headers, rawBytes, parameters }) {
  const [, signature] = SIGNATURE.exec(headers['x-signature'] ?? '') ?? []
  if (signature === undefined) return false
  const expected = createHmac('sha256', parameters.webhookSecret).update(rawBytes).digest()
  return timingSafeEqual(Buffer.from(signature, 'hex'), expected)
}

function answer(status, data) {
  return { events: [], response: { status, data } }
}
