export default async function handle() {
  return { events: [], response: { data: 'x'.repeat(11 << 20) } };
}
