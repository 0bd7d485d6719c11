export default async function handle() {
  for (let line = 0; line < 4_000; line++) console.log(`line ${line} of very many`);
  return { events: [], response: { data: 'logged' } };
}
