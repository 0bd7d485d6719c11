export default async function handle() {
  await fetch('http://127.0.0.1/');
  return { events: [] };
}
