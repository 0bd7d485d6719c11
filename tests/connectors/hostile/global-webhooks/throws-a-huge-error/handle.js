export default async function handle() {
  throw new Error('x'.repeat(10 << 20));
}
