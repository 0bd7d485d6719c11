// Events that JSON cannot hold, by name. Each is wrong in one way, and would reach the subscription `odd` if it were not.
const event = (members) => ({ selector: 'odd', payload: 'odd', ...members });
const throws = () => {
  throw new Error('thrown by the author');
};
const circle = {};
circle.self = circle;

export const oddities = {
  'undefined': () => undefined,
  'a promise of an event': () => Promise.resolve(event({})),
  'a getter that throws': () => Object.defineProperty(event({}), 'selector', { get: throws }),
  'a proxy that throws': () => new Proxy({}, { ownKeys: throws, get: throws, has: throws }),
  'an error without words': () =>
    Object.defineProperty(event({}), 'payload', {
      get() {
        throw { toString: throws };
      },
    }),
  'a cycle in the payload': () => event({ payload: circle }),
  'an undefined payload': () => event({ payload: undefined }),
  'a function for a payload': () => event({ payload: () => 1 }),
  'a symbol for a payload': () => event({ payload: Symbol('s') }),
  'a promise for a payload': () => event({ payload: Promise.resolve(1) }),
  'a toJSON that throws': () => event({ payload: { toJSON: throws } }),
  'a toJSON without a value': () => event({ payload: { toJSON: () => undefined } }),
  'a payload with a getter that throws': () => event({ payload: { deep: [Object.defineProperty({}, 'a', { enumerable: true, get: throws })] } }),
  'a payload nested without end': () => {
    let payload = [];
    for (let depth = 0; depth < 200_000; depth++) payload = [payload];
    return event({ payload });
  },
  'NaN for an id': () => event({ id: NaN }),
  'a date for an id': () => event({ id: new Date(0) }),
  'half a character in the id': () => event({ id: 'a\ud800' }),
  'half a character in the selector': () => event({ selector: 'a\ud800' }),
  'half a character in the ordering key': () => event({ orderingKey: '\udc00' }),
  'a hole among the selectors': () => event({ selector: undefined, selectors: ['odd', , 'odd'] }),
};
