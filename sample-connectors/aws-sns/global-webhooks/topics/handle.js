/**
 * Receives what SNS sends to an HTTPS endpoint and gives each message to the topic that it was published to.
 * Never acts on a message before its signature was found right, and never calls a URL that a message names: that a
 * subscription be confirmed is told to the operator.
 */
import { confirmationUrl, readMessage } from './message.js'
import { judge } from './signature.js'

/** @type {import('@patchbay/sdk').Handle} */
export default async function handle(request) {
  // The signature is over fields of the JSON and not over the body, so the body is read first, and only to judge it.
  const message = readMessage(request.rawBody)
  if (message === undefined) return answer(400, 'The body is not a message of SNS.')

  const verdict = judge(message, request.parameters)
  if (verdict === 'unknown-certificate') return unknownCertificate(message)
  if (verdict !== 'right') return answer(401, 'The signature is missing or wrong.')
  return message.Type === 'Notification' ? routed(message, 'notification') : confirmation(message)
}

function routed(message, kind) {
  // Whoever opens this URL ends the subscription for everybody, so no customer gets it.
  const { UnsubscribeURL, ...payload } = message
  const event = {
    selector: `topic:${message.TopicArn}:${kind}`,
    // A repeat has the same id. The topic before it: a stranger's topic must not use up the ids of another.
    id: `${message.TopicArn}:${message.MessageId}`,
    payload,
  }
  return { events: [event], response: { status: 200 } }
}

/** SNS asks, once, whether the topic may send here, or tells that it will no more. */
function confirmation(message) {
  const url = confirmationUrl(message)
  if (url === undefined) return answer(400, 'SubscribeURL is not of the region of the topic.')
  console.warn(`${message.Type} of ${message.TopicArn}. If you want its messages, open ${url}`)
  return routed(message, 'confirmation')
}

/** AWS changes certificates without notice. The status makes SNS try again later, when there may be the new one. */
function unknownCertificate({ SigningCertURL }) {
  console.warn(`No certificate for ${SigningCertURL}. If AWS published one there, add it to signingCertificates.`)
  return answer(503, 'The certificate that this message was signed with is not known here.')
}

function answer(status, data) {
  return { events: [], response: { status, data } }
}
