/**
 * Receives the account activity that X sends to an app and gives it to the user that it is about. Answers the challenge
 * by which X asks every hour whether the app is still there.
 * Never reads a body before its signature was found right, and never guesses a user.
 */
import { createHash } from 'node:crypto'
import { userSelector } from '../../lib/users.js'
import { kindsOf, readBody, userIdOf } from './body.js'
import { isSignedByX, signChallenge } from './signature.js'

/** @type {import('@patchbay/sdk').Handle} */
export default async function handle(request) {
  if (request.method === 'GET') return handshake(request)
  if (!isSignedByX(request)) return answer(401, 'The signature is missing or wrong.')

  const body = readBody(request.rawBytes)
  if (body === undefined) return answer(400, 'The body is not a JSON object.')

  const user = userSelector(userIdOf(body))
  if (user === undefined) return answer(202, 'Received, but this names no user, so it belongs to no customer.')
  return {
    events: [
      {
        // One subscription wants everything about the user, another only one kind.
        selectors: [user, ...kindsOf(body).map((kind) => `${user}:${kind}`)],
        // X gives no id. A repeat has the same bytes, and no two things that happen do: they hold ids or times.
        id: createHash('sha256').update(request.rawBytes).digest('hex'),
        payload: body,
      },
    ],
    response: { status: 200, data: 'Received.' },
  }
}

function handshake({ query, parameters }) {
  const response_token = signChallenge(query.crc_token, parameters)
  if (response_token === undefined) return answer(400, 'This is not a challenge of X.')
  return { events: [], response: { status: 200, data: { response_token } } }
}

function answer(status, data) {
  return { events: [], response: { status, data } }
}
