export default async function handle() {
  throw new Error('x'.repeat(1 << 20));
}
