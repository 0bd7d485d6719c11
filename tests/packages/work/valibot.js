// checks and converts data
import * as v from 'valibot';

export default function work() {
  const Event = v.object({ id: v.pipe(v.string(), v.transform(Number)), email: v.pipe(v.string(), v.email()), tags: v.array(v.picklist(['a', 'b'])) });
  const bad = v.safeParse(Event, { id: 1, email: 'no', tags: ['c'] });
  return [v.parse(Event, { id: '5', email: 'a@b.co', tags: ['a'] }), bad.issues.map(({ message }) => message)];
}
