export default async function handle() {
  for (;;) await null;
}
