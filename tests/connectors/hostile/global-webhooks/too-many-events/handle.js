export default async function handle() {
  return { events: Array.from({ length: 1001 }, (_, index) => ({ selector: 'a', payload: index })) };
}
