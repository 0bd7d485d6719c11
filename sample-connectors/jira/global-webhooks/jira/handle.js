/**
 * Receives the webhooks of all Jira sites and gives each to the site that it comes from.
 * Never reads a body before its signature was found right, and never lets one site speak for another.
 */
import { siteOf } from '../../lib/sites.js'
import { sitesThatSigned } from './signature.js'

const EVENT_NAME = /^[a-z][a-z0-9_:-]{0,99}$/
const IDENTIFIER = /^[\w-]{1,100}$/

/** @type {import('@patchbay/sdk').Handle} */
export default async function handle(request) {
  const signers = sitesThatSigned(request)
  if (signers.length === 0) return answer(401, 'The signature is missing or wrong.')

  const payload = request.data
  const event = payload?.webhookEvent
  if (typeof event !== 'string' || !EVENT_NAME.test(event)) {
    return answer(400, 'The body is not a JSON object with a webhookEvent.')
  }
  const site = siteOf(payload, signers)
  if (site === undefined) return answer(202, 'Received, but this is not about the site whose secret signed it.')

  const identifier = request.headers['x-atlassian-webhook-identifier'] ?? ''
  return {
    events: [
      {
        // One subscription wants everything of its site, another only one kind.
        selectors: [`site:${site}`, `site:${site}:${event}`],
        // A retry has the same identifier. It is unique within a site, not among all of them.
        id: IDENTIFIER.test(identifier) ? `${site} ${identifier}` : undefined,
        orderingKey: typeof payload.issue?.id === 'string' ? `${site} ${payload.issue.id}` : undefined,
        payload,
      },
    ],
    response: { status: 200, data: 'Received.' },
  }
}

function answer(status, data) {
  return { events: [], response: { status, data } }
}
