/**
 * Receives everything that Slack sends to an app, and gives it to the workspaces and organisations that it concerns.
 * Never makes an event of a body before its signature was found right, and never answers an interaction with a body, which Slack
 * would show to the user.
 */
import { tenantsOf } from '../../lib/tenants.js'
import { channelOf, kindOf, readBody } from './body.js'
import { isSignedBySlack } from './signature.js'

/** A form of a few short fields, `ssl_check=1` among them. */
const CERTIFICATE_CHECK = /^(?:token=[\w-]{0,100}&)?ssl_check=1(?:&token=[\w-]{0,100})?$/
const CHALLENGE = /^[\w.~-]{1,200}$/

/** @type {import('@patchbay/sdk').Handle} */
export default async function handle(request) {
  if (isCertificateCheck(request)) return answer(200)
  if (!isSignedBySlack(request)) return answer(401, 'The signature is missing, wrong, or not of this time.')

  const body = readBody(request)
  if (body === undefined) return answer(400, 'The body is neither a JSON object nor a form of Slack.')
  if (body.type === 'url_verification') return handshake(body.challenge)

  const tenants = tenantsOf(body)
  if (tenants.length === 0) {
    console.warn('This request names no workspace and no organisation, so it belongs to no customer.')
    return answer(200)
  }
  const kind = kindOf(body)
  // The app's old verification token is a secret of the app, so no customer gets it.
  const { token, ...payload } = body
  return {
    events: [
      {
        // One subscription wants everything of its tenant, another only one kind.
        selectors: tenants.flatMap((tenant) => (kind === undefined ? [tenant] : [tenant, `${tenant}:${kind}`])),
        // A retry has the same id. Interactions and commands have none: Slack does not send them again.
        id: body.event_id,
        orderingKey: channelOf(body),
        payload,
      },
    ],
    response: { status: 200 },
  }
}

/**
 * From time to time Slack looks whether the certificate of a URL is good. It does not sign that, so nothing is read of it, and
 * it is told nothing but that it arrived.
 */
function isCertificateCheck({ headers, query, rawBody }) {
  if (headers['x-slack-signature'] !== undefined) return false
  return query.ssl_check === '1' || CERTIFICATE_CHECK.test(rawBody)
}

/** What Slack asks once, when the request URL is entered. */
function handshake(challenge) {
  const isChallenge = typeof challenge === 'string' && CHALLENGE.test(challenge)
  if (!isChallenge) return answer(400, 'This is not a challenge of Slack.')
  return { events: [], response: { status: 200, headers: { 'content-type': 'text/plain' }, data: challenge } }
}

function answer(status, data) {
  return { events: [], response: { status, data } }
}
