const ANSWERS = {
  text: { data: 'plain text' },
  object: { status: 202, data: { a: 1 } },
  bytes: { data: new Uint8Array([0, 255, 7]) },
  typed: { headers: { 'Content-Type': 'application/xml', 'X-Custom': 'yes' }, data: '<a/>' },
  empty: { status: 204 },
  teapot: { status: 418, data: 'short and stout' },
  location: { status: 302, headers: { location: 'https://example.test/' } },
};

export default async function handle({ query }) {
  if (query.answer === 'events-only') return { events: [] };
  if (query.answer === 'nothing') return undefined;
  return { events: [], response: ANSWERS[query.answer] };
}
