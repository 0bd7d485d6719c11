// programs with failures, retries and schemas
import { Effect, Option, Schema, pipe } from 'effect';

const Event = Schema.Struct({ id: Schema.Number, name: Schema.String });

export default async function work() {
  const program = pipe(Effect.succeed(20), Effect.map((n) => n + 1), Effect.flatMap((n) => (n > 20 ? Effect.succeed({ n }) : Effect.fail('small'))));
  let tries = 0;
  const flaky = Effect.suspend(() => (++tries < 3 ? Effect.fail('again') : Effect.succeed(tries)));
  const decoded = Schema.decodeUnknownSync(Event)({ id: 1, name: 'a' });
  const refused = (() => {
    try {
      return Schema.decodeUnknownSync(Event)({ id: 'x', name: 'a' });
    } catch (error) {
      return String(error.message).split('\n')[0];
    }
  })();
  return [await Effect.runPromise(program), await Effect.runPromise(Effect.retry(flaky, { times: 5 })), decoded, refused, Option.getOrElse(Option.none(), () => 'none')];
}
