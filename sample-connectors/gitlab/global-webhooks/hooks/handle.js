/**
 * Receives the webhooks of GitLab projects and groups and gives each to those that it is about.
 * Never reads a body before the request was found to be GitLab's, and never guesses a project or a group.
 */
import { isFromGitLab } from './authenticity.js'
import { kindOf, selectorsOf } from './selectors.js'

const DELIVERY_ID = /^[\w-]{1,100}$/

/** @type {import('@patchbay/sdk').Handle} */
export default async function handle(request) {
  if (!isFromGitLab(request)) return answer(401, 'The signature or the token is missing, wrong, or not of this time.')

  // `data` is read here and not in the argument of `handle`, because reading it is what parses the body.
  const body = request.data
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body)
  if (!isObject) return answer(400, 'The body is not a JSON object.')

  const selectors = selectorsOf(body)
  if (selectors.length === 0) {
    console.warn('This request names no project and no group, so it belongs to no customer.')
    // GitLab switches a webhook off that is refused too often.
    return answer(202, 'Received, but it names no project and no group.')
  }
  return {
    events: [{ selectors, id: idOf(request, selectors), payload: { event: kindOf(body) ?? null, payload: body } }],
    response: { status: 200, data: 'Received.' },
  }
}

/** The same for every repeat of a delivery. Without a signing token it is not signed: no project uses up another's. */
function idOf({ headers }, [owner]) {
  const delivery = headers['webhook-id'] ?? headers['idempotency-key'] ?? ''
  return DELIVERY_ID.test(delivery) ? `${owner}:${delivery}` : undefined
}

function answer(status, data) {
  return { events: [], response: { status, data } }
}
