/**
 * Receives the webhooks of a Notion integration and gives each to the workspace in which something changed.
 * Never reads the body of an event before its signature was found right, and never guesses a workspace.
 */
import { isAwaitedHandshake } from './handshake.js'
import { isSignedByNotion } from './signature.js'

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const TYPE = /^[a-z][a-z0-9_.]{0,99}$/
const BOTS_MAX = 90

/** @type {import('@patchbay/sdk').Handle} */
export default async function handle(request) {
  if (isAwaitedHandshake(request)) {
    console.info('Notion sent the verification token. It is in the body of this request: see README.md.')
    return answer(200)
  }
  if (!isSignedByNotion(request)) return answer(401, 'The signature is missing or wrong.')

  const body = readBody(request)
  if (body === undefined) return answer(400, 'The body is not a JSON object.')
  if (!matches(body.workspace_id, ID)) {
    console.warn('This webhook names no workspace, so it belongs to no customer.')
    return answer(200)
  }
  const tenant = `workspace:${body.workspace_id}`
  const ofType = matches(body.type, TYPE) ? [`${tenant}:${body.type}`] : []
  return {
    events: [
      {
        // One subscription wants everything of its workspace, one only one type, one what its authorisation can see.
        selectors: [tenant, ...ofType, ...botsOf(body).map((id) => `bot:${id}`)],
        // A retry has the same id.
        id: matches(body.id, ID) ? body.id : undefined,
        payload: body,
      },
    ],
    response: { status: 200 },
  }
}

/** The authorisations of the integration that can see what changed, each once. */
function botsOf({ accessible_by }) {
  const all = Array.isArray(accessible_by) ? accessible_by : []
  const ids = new Set(all.filter((each) => each?.type === 'bot' && matches(each.id, ID)).map((each) => each.id))
  // An event may have a hundred selectors.
  if (ids.size > BOTS_MAX) console.warn(`${ids.size} authorisations can see this; ${BOTS_MAX} of them are told.`)
  return [...ids].slice(0, BOTS_MAX)
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
