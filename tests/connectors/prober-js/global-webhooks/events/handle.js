export default async function handle() {
  return { events: [] };
}
