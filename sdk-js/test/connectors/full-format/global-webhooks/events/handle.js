import { createHmac, timingSafeEqual } from 'node:crypto'

export default async function handle({ data, headers, parameters, rawBody, rawBytes, query }) {
  const expected = createHmac('sha256', parameters.webhookSecret).update(rawBytes).digest()
  const given = Buffer.from(headers['x-signature'] ?? '', 'hex')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return { response: { status: 401 } }
  return {
    state: {},
    events: data.map((item) => ({ selector: `user:${item.user}`, payload: item })),
    response: { status: 201, headers: { 'x-length': `${rawBody.length}` }, data: { hub: query.hub } },
  }
}
