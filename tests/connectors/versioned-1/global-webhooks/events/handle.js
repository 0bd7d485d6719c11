const VERSION = 1;

export default async function handle({ data }) {
  const payload = { number: data.number, version: VERSION };
  return { events: [{ selector: 'all', payload }], response: { data: payload } };
}
