/**
 * Answers the challenge by which Smartsheet asks, at first and after every hundred callbacks, whether they are
 * expected.
 * Never answers for a webhook that the integration does not know, and never echoes anything but a plain token.
 */
import { idOf } from '../../lib/webhooks.js'
import { knownWebhooks } from './signature.js'

const CHALLENGE = /^[\w-]{1,100}$/

/** The response, undefined if this is not a challenge for one of our webhooks. */
export function answerToChallenge({ headers, data, parameters }) {
  const challenge = headers['smartsheet-hook-challenge']
  const webhook = idOf(data?.webhookId)
  const isOurs = knownWebhooks(parameters).some(([id]) => id === webhook)
  if (!isOurs || !CHALLENGE.test(challenge) || data.challenge !== challenge) return undefined
  // Either would do. Whoever cannot set a header answers in the body.
  return {
    status: 200,
    headers: { 'Smartsheet-Hook-Response': challenge },
    data: { smartsheetHookResponse: challenge },
  }
}
