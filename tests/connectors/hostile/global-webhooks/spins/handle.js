export default async function handle() {
  for (;;);
}
