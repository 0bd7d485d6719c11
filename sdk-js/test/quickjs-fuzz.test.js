/**
 * Random programs give the same on the engine, however it runs them, and in node: made at module level, kept in the snapshot
 * and used in a call; made and used in one call; made and used while the snapshot is taken.
 * Without more the same 40 programs each time. `PATCHBAY_ENGINE_TESTS=long` takes others, as long as `PATCHBAY_ENGINE_MINUTES`
 * says (15). `PATCHBAY_TEST_SEED` is where to begin.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { programOf } from './support/programs.js';
import { snapshotOf } from './support/quickjs.js';

const IS_LONG = process.env.PATCHBAY_ENGINE_TESTS === 'long';
const DURATION_MS = IS_LONG ? Number(process.env.PATCHBAY_ENGINE_MINUTES ?? 15) * 60_000 : Infinity;
const PROGRAMS_MAX = IS_LONG ? Infinity : 40;
const FIRST_SEED = Number(process.env.PATCHBAY_TEST_SEED ?? (IS_LONG ? Math.floor(Math.random() * 2 ** 31) : 1));

/** Ways to run a program on the engine: what the module holds. */
const WAYS = {
  'kept in the snapshot': ({ make, use }) => `const state = (${make})(), use = ${use}; const run = () => use(state);`,
  'made in the call': ({ make, use }) => `const make = ${make}, use = ${use}; const run = () => use(make());`,
  'done before the snapshot': ({ make, use }) => `const result = await (${use})((${make})()); const run = () => result;`,
};

test('random programs give the same in every snapshot and call as in node', async (context) => {
  const end = performance.now() + DURATION_MS;
  let seed = FIRST_SEED;
  for (; performance.now() < end && seed < FIRST_SEED + PROGRAMS_MAX; seed++) {
    const program = programOf(seed);
    const expected = await outcome(() => inNode(program));
    for (const [way, source] of Object.entries(WAYS)) {
      const snapshot = await outcome(() => snapshotOf(source(program)));
      for (const count of way === 'kept in the snapshot' ? ['first', 'second'] : ['only']) {
        same(typeof snapshot === 'string' ? snapshot : await outcome(snapshot.call), expected, `PATCHBAY_TEST_SEED=${seed}, ${way}, ${count} call`);
      }
    }
  }
  context.diagnostic(`seeds ${FIRST_SEED} to ${seed - 1}`);
});

/** What a program gives, or why it fails: the engine says that in other ways than node. */
async function outcome(/** @type {() => any} */ run) {
  try {
    return await run();
  } catch (error) {
    return `failed: ${/(\w+Error)/.exec(String(error))?.[1]}`;
  }
}

/** @param {{ make: string, use: string }} program */
function inNode({ make, use }) {
  return new Function(`'use strict'; return (${use})((${make})())`)();
}

/** The texts are long: shows where they begin to differ. */
function same(/** @type {string} */ got, /** @type {string} */ expected, /** @type {string} */ where) {
  if (got === expected) return;
  let at = 0;
  while (got[at] === expected[at]) at++;
  const around = (/** @type {string} */ text) => text.slice(Math.max(0, at - 60), at + 60);
  assert.fail(`${where}: differs at ${at}\n  engine: ${around(got)}\n  node:   ${around(expected)}`);
}
