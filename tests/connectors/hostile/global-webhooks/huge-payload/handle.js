export default async function handle() {
  const payload = Array.from({ length: 1200 }, () => 'x'.repeat(1024));
  return { events: [{ selector: 'a', payload }] };
}
