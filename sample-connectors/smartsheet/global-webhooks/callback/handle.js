/**
 * Receives the callbacks of Smartsheet and gives each to the webhook that sent it.
 * Never makes an event of a request before its signature was found right, nor of a challenge, and never lets one
 * webhook speak for another.
 */
import { idOf, webhookSelector } from '../../lib/webhooks.js'
import { answerToChallenge } from './challenge.js'
import { webhooksThatSigned } from './signature.js'

/** @type {import('@patchbay/sdk').Handle} */
export default async function handle(request) {
  if (request.headers['smartsheet-hook-challenge'] !== undefined) {
    const response = answerToChallenge(request)
    return response ? { events: [], response } : answer(403, 'This is not a challenge for a webhook that is known here.')
  }
  const signers = webhooksThatSigned(request)
  if (signers.length === 0) return answer(401, 'The signature is missing or wrong.')

  const payload = request.data
  const webhook = idOf(payload?.webhookId)
  if (webhook === undefined) return answer(400, 'The body is not a callback of Smartsheet.')
  if (!signers.includes(webhook)) {
    console.warn('This names another webhook than the one whose secret signed it, so it belongs to no customer.')
    return answer(200)
  }
  const selector = webhookSelector(webhook)
  const kind = Array.isArray(payload.events) ? 'change' : 'status'
  const { nonce } = payload
  return {
    events: [
      {
        // One subscription wants all of the webhook, another only the changes.
        selectors: [selector, `${selector}:${kind}`],
        id: typeof nonce === 'string' && nonce !== '' ? `${webhook} ${nonce}` : undefined,
        // Smartsheet sends the callbacks of a webhook one after the other.
        orderingKey: webhook,
        payload,
      },
    ],
    response: { status: 200 },
  }
}

function answer(status, data) {
  return { events: [], response: { status, data } }
}
