// What bundlers and engines could get wrong in the language itself.
async function* counted(end) {
  for (let count = 1; count <= end; count++) {
    await undefined;
    yield count;
  }
}

export const language = [
  ['for await over an async generator', async () => {
    const seen = [];
    for await (const each of counted(3)) seen.push(each);
    return seen;
  }, [1, 2, 3]],
  ['async methods, arrows and `this`', () => {
    const owner = { value: 7, async read() { return (async () => this.value)(); } };
    return owner.read();
  }, 7],
  ['private fields in async methods', () => new (class { #hidden = 5; async read() { await null; return this.#hidden; } })().read(), 5],
  ['finally after an error that was awaited', async () => {
    const steps = [];
    try {
      await Promise.reject(new TypeError('no'));
    } catch (error) {
      steps.push(error.message);
    } finally {
      steps.push('finally');
    }
    return steps;
  }, ['no', 'finally']],
  ['default values and rest in async parameters', () => (async ({ a = 1, ...rest }, ...more) => [a, rest, more])({ b: 2 }, 3), [1, { b: 2 }, [3]]],
  ['big integers', () => String(2n ** 64n + 1n), '18446744073709551617'],
  ['named groups and lookbehind', () => /(?<=\$)(?<amount>\d+)/.exec('cost: $42').groups.amount, '42'],
  ['dates', () => new Date('2026-01-02T03:04:05.678Z').toISOString(), '2026-01-02T03:04:05.678Z'],
  ['dates of another zone', () => Date.parse('2026-01-02T03:04:05+01:00'), 1767319445000],
  ['sorting is stable', () => [[1, 'a'], [0, 'b'], [1, 'c']].sort((a, b) => a[0] - b[0]).map((each) => each[1]).join(''), 'bac'],
  ['newer methods', () => [[3, 1, 2].toSorted(), [1, 2].at(-1), Object.groupBy([1, 2, 3], (each) => (each % 2 ? 'odd' : 'even'))], [[1, 2, 3], 2, { odd: [1, 3], even: [2] }]],
  ['random numbers differ from each other', () => new Set(Array.from({ length: 100 }, Math.random)).size, 100],
  ['random numbers are below one', () => Array.from({ length: 1000 }, Math.random).every((each) => each >= 0 && each < 1), true],
];
