export default async function handle() {
  return { events: [{ selector: 'a', payload: 'x'.repeat(2 << 20) }] };
}
