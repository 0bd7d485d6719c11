export default async function handle({ data }) {
  return { events: data.events };
}
