import { oddities } from '../../lib/oddities.js';

// Routes `events` of the body, where `{ odd: name }` stands for one that JSON cannot hold.
export default async function handle({ data }) {
  const events = data.events.map((event) => (event?.odd === undefined ? event : oddities[event.odd]()));
  return { events, response: data.response };
}
