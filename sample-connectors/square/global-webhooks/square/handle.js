/**
 * Receives the webhooks of a Square application and gives each to the merchant that it is about.
 * Never reads a body before its signature was found right, and never guesses a merchant.
 */
import { merchantSelector } from '../../lib/merchants.js'
import { isSignedBySquare } from './signature.js'

const TYPE = /^[a-z][a-z0-9_.]{0,99}$/

/** @type {import('@patchbay/sdk').Handle} */
export default async function handle(request) {
  if (!isSignedBySquare(request)) return answer(401, 'The signature is missing or wrong.')

  const payload = request.data
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    return answer(400, 'The body is not a JSON object.')
  }
  const merchant = merchantSelector(payload.merchant_id)
  if (merchant === undefined) {
    return answer(202, 'Received, but this names no merchant, so it belongs to no customer.')
  }
  const { type } = payload
  return {
    events: [
      {
        // One subscription wants every event, another only those of one type.
        selectors: typeof type === 'string' && TYPE.test(type) ? [merchant, `${merchant}:${type}`] : [merchant],
        // A retry has the same id.
        id: textOf(payload.event_id),
        // What happens to one payment or order belongs in its order.
        orderingKey: textOf(payload.data?.id),
        payload,
      },
    ],
    response: { status: 200, data: 'Received.' },
  }
}

function textOf(value) {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function answer(status, data) {
  return { events: [], response: { status, data } }
}
