// Routes `events` of the body as they are. Answers as the body says, if it says anything.
export default async function handle({ data }) {
  const { events, response } = data;
  return { events, response };
}
