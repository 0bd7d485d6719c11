const VERSION = 2;

// Unlike version 1 it takes a body that is no object.
export default async function handle({ data }) {
  const payload = { number: data?.number ?? null, version: VERSION };
  return { events: [{ selector: 'all', payload }], response: { data: payload } };
}
