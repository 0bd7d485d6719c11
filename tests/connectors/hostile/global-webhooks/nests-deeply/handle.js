export default async function handle() {
  let payload = [];
  for (let depth = 0; depth < 1_000_000; depth++) payload = [payload];
  return { events: [{ selector: 'a', payload }] };
}
