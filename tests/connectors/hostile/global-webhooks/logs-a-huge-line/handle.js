export default async function handle() {
  console.log('x'.repeat(8 << 20));
  console.log({ list: Array.from({ length: 100_000 }, (_, number) => number) });
  return { events: [], response: { data: 'logged' } };
}
