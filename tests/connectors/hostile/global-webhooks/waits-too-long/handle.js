export default async function handle() {
  await new Promise((resolve) => setTimeout(resolve, 3_600_000));
}
