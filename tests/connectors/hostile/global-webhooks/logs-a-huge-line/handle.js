export default async function handle() {
  console.log('x'.repeat(1 << 20));
  console.log({ list: Array.from({ length: 10_000 }, (_, number) => number) });
  return { events: [], response: { data: 'logged' } };
}
