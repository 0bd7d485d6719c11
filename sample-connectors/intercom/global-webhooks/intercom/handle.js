/**
 * Receives the webhooks of an Intercom app and gives each to the workspace that it is about.
 * Never reads a body before its signature was found right, and never guesses a workspace. Never answers 410, which
 * would end the subscription for all customers.
 */
import { workspace } from '../../lib/workspaces.js'
import { isSignedByIntercom } from './signature.js'

const ID = /^[\w-]{1,100}$/
const TOPIC = /^[a-z][a-z0-9_.]{0,99}$/

/** @type {import('@patchbay/sdk').Handle} */
export default async function handle(request) {
  // Intercom asks so, unsigned, whether there is anybody at the URL. It learns that, and nothing else.
  if (request.method === 'HEAD') return answer(200)
  if (!isSignedByIntercom(request)) return answer(401, 'The signature is missing or wrong.')

  const body = readBody(request)
  if (body === undefined) return answer(400, 'The body is not a JSON object.')
  if (body.topic === 'ping') return answer(200, 'pong')

  const tenant = workspace(body.app_id)
  if (tenant === undefined) {
    console.warn('This notification names no workspace, so it belongs to no customer.')
    return answer(200)
  }
  return {
    events: [
      {
        // One subscription wants everything of its workspace, another only one topic.
        selectors: matches(body.topic, TOPIC) ? [tenant, `${tenant}:${body.topic}`] : [tenant],
        // A retry has the same id.
        id: matches(body.id, ID) ? body.id : undefined,
        payload: body,
      },
    ],
    response: { status: 200 },
  }
}

/**
 * The JSON object in the body, undefined if there is none.
 * `data` is read here and not in the argument of `handle`, because reading it is what parses the body.
 */
function readBody({ data }) {
  return typeof data === 'object' && data !== null && !Array.isArray(data) ? data : undefined
}

function matches(value, pattern) {
  return typeof value === 'string' && pattern.test(value)
}

function answer(status, data) {
  return { events: [], response: { status, data } }
}
