export default async function handle() {
  return { events: Array.from({ length: 10_001 }, (_, index) => ({ selector: 'a', payload: index })) };
}
