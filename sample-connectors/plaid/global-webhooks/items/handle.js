/**
 * Receives the webhooks of a Plaid client and gives each to the Item that it is about.
 * Never reads a body before its signature was found right, and never guesses an Item.
 */
import { itemOf } from '../../lib/item.js'
import { signedClaims } from './signature.js'

const NAME = /^[A-Z][A-Z0-9_]{0,99}$/

/** @type {import('@patchbay/sdk').Handle} */
export default async function handle(request) {
  const claims = signedClaims(request)
  if (claims === undefined) return answer(401, 'The signature is missing, wrong, or not of this time.')

  // `data` is read here and not in the argument of `handle`, because reading it is what parses the body.
  const body = request.data
  const type = body?.webhook_type
  const code = body?.webhook_code
  if (!isName(type) || !isName(code)) return answer(400, 'The body is not a webhook of Plaid.')

  const item = itemOf(body.item_id)
  if (item === undefined) {
    console.warn(`This ${type}:${code} names no Item, so it belongs to no customer.`)
    return answer(200)
  }
  return {
    events: [
      {
        // One subscription wants everything of its Item, another only one kind.
        selectors: [item, `${item}:${type}:${code}`],
        // Plaid sends no id, and the same words later mean another change: what was signed in one second is one.
        id: `${claims.digest}:${claims.iat}`,
        orderingKey: item,
        payload: body,
      },
    ],
    response: { status: 200 },
  }
}

function isName(value) {
  return typeof value === 'string' && NAME.test(value)
}

function answer(status, data) {
  return { events: [], response: { status, data } }
}
