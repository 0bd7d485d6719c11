const GARBAGE = {
  number: 42,
  string: 'done',
  'events-not-a-list': { events: { selector: 'a', payload: 1 } },
  'unknown-field': { events: [], respones: { status: 200 } },
  'status-too-low': { events: [], response: { status: 100 } },
  'status-not-a-number': { events: [], response: { status: 'OK' } },
  'header-about-the-connection': { events: [], response: { headers: { 'transfer-encoding': 'chunked' } } },
  'header-with-line-break': { events: [], response: { headers: { 'x-a': 'b\r\nset-cookie: c=d' } } },
  'cookie': { events: [], response: { headers: { 'set-cookie': 'a=b' } } },
};

export default async function handle({ query }) {
  return GARBAGE[query.kind];
}
