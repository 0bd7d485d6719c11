export default async function handle() {
  for (let number = 0; number < 1_000; number++) setInterval(() => {}, 0);
  await new Promise(() => {});
}
