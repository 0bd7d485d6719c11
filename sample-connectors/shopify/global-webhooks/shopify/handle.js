/**
 * Receives the webhooks of a Shopify app and gives each to the shop that it comes from.
 * Never reads a body before its signature was found right, and never takes a shop from a header that the body
 * contradicts.
 */
import { isSignedByShopify } from './signature.js'

const SHOP = /^[a-z0-9][a-z0-9-]{0,62}\.myshopify\.com$/
const TOPIC = /^[a-z][a-z0-9_]{0,63}\/[a-z][a-z0-9_]{0,63}$/
const EVENT_ID = /^[\w-]{1,100}$/

/** @type {import('@patchbay/sdk').Handle} */
export default async function handle(request) {
  // Shopify sends wrong signatures on purpose, and accepts nothing but 401 for them.
  if (!isSignedByShopify(request)) return answer(401)

  const shop = request.headers['x-shopify-shop-domain'] ?? ''
  const topic = request.headers['x-shopify-topic'] ?? ''
  const eventId = request.headers['x-shopify-event-id'] ?? ''
  if (!SHOP.test(shop) || !TOPIC.test(topic) || !EVENT_ID.test(eventId)) {
    return answer(400, 'X-Shopify-Shop-Domain, X-Shopify-Topic or X-Shopify-Event-Id is missing or malformed.')
  }
  const payload = readPayload(request)
  if (payload === undefined) return answer(400, 'The body is not a JSON object.')
  if (!isOfShop(payload, shop)) return answer(400, 'The body is about another shop than X-Shopify-Shop-Domain says.')

  return {
    events: [
      {
        // One subscription wants everything of its shop, another only one topic.
        selectors: [`shop:${shop}`, `shop:${shop}:${topic}`],
        // A retry has the same id. What one event of the shop causes under another topic may share it.
        id: `${topic}:${eventId}`,
        payload: { shop, topic, payload },
      },
    ],
    response: { status: 200 },
  }
}

/**
 * The JSON object in the body, undefined if there is none.
 * `data` is read here and not in the argument of `handle`, because reading it is what parses the body.
 */
function readPayload({ data }) {
  return typeof data === 'object' && data !== null && !Array.isArray(data) ? data : undefined
}

/** The headers are not signed, but some bodies name the shop, too. Those that do must agree. */
function isOfShop({ shop_domain, myshopify_domain }, shop) {
  return [shop_domain, myshopify_domain].every((named) => named === undefined || named === shop)
}

function answer(status, data) {
  return { events: [], response: { status, data } }
}
