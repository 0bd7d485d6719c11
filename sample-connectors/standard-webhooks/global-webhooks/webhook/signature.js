/**
 * Tells whether a request was signed by Standard Webhooks, and signed just now.
 * Never looks at anything but the bytes as they were received. Never asks the clock: a request is judged by the time
 * at which it came, also when it is replayed later.
 */
import { Buffer } from 'node:buffer'
import { isSignedWith } from './keys.js'

const ID = /^[\w.:-]{1,200}$/
const TIMESTAMP = /^[0-9]{1,12}$/
const SIGNATURE = /^(v1a?),([A-Za-z0-9+/]+={0,2})$/
const TOLERANCE_S = 5 * 60
const SIGNATURES_MAX = 10

/** The id of the message, which is signed with it; undefined if the signature does not hold. */
export function signedId({ headers, rawBytes, receivedAt, parameters }) {
  const { keys } = parameters
  // Without a key everything would have to be refused; an error says why.
  if (!Array.isArray(keys) || keys.length === 0) {
    throw new Error('The connector parameter `keys` is not set. Set it to the secret or the public key of the sender.')
  }
  // Svix sends the three headers under its own name, too; older senders only so. Never one of each.
  const prefix = headers['webhook-signature'] === undefined ? 'svix' : 'webhook'
  const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map((name) => headers[`${prefix}-${name}`] ?? '')
  if (!ID.test(id) || !isOfThisTime(timestamp, receivedAt)) return undefined
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), rawBytes])
  const given = signaturesIn(signatures)
  return keys.some((key) => isSignedWith(key, signed, given)) ? id : undefined
}

/** While a key is being replaced there is one for the old and one for the new. Other versions are left out. */
function signaturesIn(text) {
  const found = text.split(' ').map((each) => SIGNATURE.exec(each)).filter((match) => match !== null)
  const signatures = found.map(([, version, base64]) => ({ version, bytes: Buffer.from(base64, 'base64') }))
  return signatures.slice(0, SIGNATURES_MAX)
}

/** Both ways: a request from the future could be kept and sent again for as long as it is early. */
function isOfThisTime(timestamp, receivedAt) {
  if (!TIMESTAMP.test(timestamp)) return false
  const ageS = Date.parse(receivedAt) / 1000 - Number(timestamp)
  // An unreadable time makes this NaN, which is not within anything.
  return Math.abs(ageS) <= TOLERANCE_S
}
