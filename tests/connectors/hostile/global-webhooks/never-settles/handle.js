export default async function handle() {
  await new Promise(() => {});
}
