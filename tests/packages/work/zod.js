// checks and converts data
import { z } from 'zod';

export default function work() {
  const Event = z.object({ id: z.coerce.number().int(), email: z.email(), at: z.iso.datetime(), kind: z.discriminatedUnion('type', [z.object({ type: z.literal('a'), n: z.number() }), z.object({ type: z.literal('b') })]) });
  const good = Event.safeParse({ id: '5', email: 'a@b.co', at: '2026-01-02T03:04:05Z', kind: { type: 'a', n: 1 } });
  const bad = Event.safeParse({ id: 'x', email: 'no', at: '', kind: { type: 'c' } });
  return [good.data, bad.error.issues.map(({ path, code, message }) => [path, code, message])];
}
