export default async function handle() {
  return { events: [], response: { data: String(/^(a+)+$/.test(`${'a'.repeat(60)}!`)) } };
}
