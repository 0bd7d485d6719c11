/**
 * State of every size, at module level and in a call, is the same in the engine's snapshot as in node.
 * Steps are odd, so that state ends everywhere in a page, in a piece of the memory and in a unit of the snapshot.
 * `PATCHBAY_ENGINE_TESTS=long` takes small steps: some minutes.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runTool } from '../src/component/tool-process.js';
import { bundled, snapshotOf } from './support/quickjs.js';

const IS_LONG = process.env.PATCHBAY_ENGINE_TESTS === 'long';
const PROCESS = fileURLToPath(new URL('../src/component/quickjs-process.js', import.meta.url));
const MEBIBYTE = 1 << 20;
const HOST_MEMORY_BYTES = 128 * MEBIBYTE;

/** State of about so many bytes, as a function of them. */
const STATES = {
  objects: '(bytes) => Array.from({ length: bytes / 113 }, (_, i) => ({ i }))',
  numbers: '(bytes) => Array.from({ length: bytes / 8 }, (_, i) => i * 0.5)',
  'typed arrays': '(bytes) => Float64Array.from({ length: bytes / 8 }, (_, i) => i / 3)',
  'one text': "(bytes) => ['x'.repeat(bytes / 2) + 'é'.repeat(bytes / 2)]",
  'many texts': "(bytes) => Array.from({ length: bytes / 170 }, (_, i) => ('t' + i).repeat(1 + i % 40))",
  maps: '(bytes) => [...new Map(Array.from({ length: bytes / 210 }, (_, i) => [i, { k: `k${i}` }]))]',
  functions: '(bytes) => Array.from({ length: bytes / 180 }, (_, i) => () => i)',
};

/** A number that depends on everything in such a state, and then a change to it. */
const READ = `
const add = (sum, each) => {
  if (typeof each === 'function') return add(sum, each());
  if (typeof each === 'number') return (Math.imul(sum, 31) + (each * 6 | 0)) | 0;
  if (typeof each === 'string') return add(add(sum, each.length), each.charCodeAt(each.length >> 1));
  return Object.values(each).reduce(add, sum);
};
const read = (state) => state.reduce(add, state.length);
const change = (state) => {
  for (let at = 0; at < state.length; at += 997) state[at] = typeof state[at] === 'number' ? at : { at, was: typeof state[at] };
};`;

/** What one call sees: the state, more of it made in the call, and the state after a change. */
const program = (/** @type {string} */ state, /** @type {number} */ bytes) => `
const make = ${state};
${READ}
const state = make(${bytes});
function run(more) {
  const before = read(state), made = make(Number(more));
  change(state);
  return [state.length, before, made.length, read(made), read(state)].join();
}`;

/** The same in node, where nothing is kept from an earlier call. */
const inNode = (/** @type {string} */ source, /** @type {number} */ more) => new Function(`'use strict'; ${source}; return run`)()(String(more));

/** From 0 to the end in odd steps. */
function* sizes(/** @type {number} */ end, /** @type {number} */ step) {
  for (let size = 0; size <= end; size += step) yield size;
}

test('state of any size at module level can be kept', () => {
  for (const bytes of sizes(8 * MEBIBYTE, IS_LONG ? 9_973 : 101_399)) {
    const count = Math.floor(bytes / 113);
    const { call } = snapshotOf(`const state = Array.from({ length: ${count} }, (_, i) => ({ i })); const run = () => state.push(1);`);
    assert.equal(call(), String(count + 1), `${bytes} bytes`);
    assert.equal(call(), String(count + 1), `${bytes} bytes, second call`);
  }
});

for (const [kind, state] of Object.entries(STATES)) {
  test(`every call finds the state of the snapshot and can make more of any size: ${kind}`, () => {
    for (const bytes of sizes(8 * MEBIBYTE, IS_LONG ? 299_723 : 1_999_993)) {
      const source = program(state, bytes);
      const snapshot = snapshotOf(source);
      for (const more of [4321, 4321, ...sizes(IS_LONG ? 16 * MEBIBYTE : 4_999_999, IS_LONG ? 2_015_141 : 4_999_999)]) {
        assert.equal(snapshot.call(String(more)), inNode(source, more), `${more} bytes more than ${bytes}`);
      }
    }
  });
}

test('the memory of a snapshot is a multiple of 4 MiB, also where the build needed more than it holds', () => {
  for (const bytes of sizes(8 * MEBIBYTE, IS_LONG ? 261_223 : 1_299_721)) {
    const { memory } = snapshotOf(`const garbage = 'x'.repeat(${bytes}).length; function run() { return garbage; }`);
    assert.equal(memory.length % (4 * MEBIBYTE), 0, `${memory.length} bytes`);
  }
});

/** Code of about so many bytes: functions that are called, and text that is only there. */
function codeOf(/** @type {number} */ bytes) {
  const parts = [];
  let written = 0;
  for (let at = 0; written < bytes; at++) {
    const part = `function f${at}(a, b = ${at}) { const text = 'number ${at} of many', o = { a, b, f${at % 500}: text }; return o.a + o.b + text.length; }\n`;
    written += part.length;
    parts.push(part);
  }
  return { text: parts.join(''), count: parts.length };
}

test('code of any size is loaded and can be called', () => {
  for (const bytes of sizes(4 * MEBIBYTE, IS_LONG ? 61_813 : 999_983)) {
    const { text, count } = codeOf(bytes);
    const names = count === 0 ? [] : [0, count >> 1, count - 1];
    const source = `${text}\nfunction run(more) { return [${names.map((at) => `f${at}(Number(more))`).join()}].join(); }`;
    assert.equal(snapshotOf(source).call('7'), inNode(source, 7), `${bytes} bytes of code`);
  }
});

test('a call that wants more memory than the host gives fails with an error, and what it caught it survives', () => {
  const source = (/** @type {number} */ bytes) => `
    const state = (${STATES.objects})(${bytes});
    function run(what) {
      const kept = [];
      try {
        for (;;) kept.push(${'{ objects: () => ({ a: kept }), text: () => "y".repeat(99_991), bytes: () => new Uint8Array(1_000_003) }'}[what]());
      } catch (error) {
        const made = kept.length;
        kept.length = 0;
        return [made > 10, error.message, state.length].join();
      }
    }`;
  for (const bytes of [0, 5_000_011]) {
    const { call } = bundled(snapshotOf(source(bytes)).memory, HOST_MEMORY_BYTES);
    for (const what of ['objects', 'text', 'bytes']) {
      assert.equal(call(what), `true,out of memory,${Math.floor(bytes / 113)}`, `${what} on ${bytes} bytes`);
    }
  }
});

test('code at module level that recurses without end gets a RangeError while the bundle is built', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'patchbay-sdk-test-'));
  after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'main.js'), `
    const depth = (n) => { try { return depth(n + 1); } catch (error) { return [error.name, n > 500].join(); } };
    const nested = (n) => { try { return new Function('return ' + '['.repeat(n) + ']'.repeat(n)); } catch (error) { return error.name; } };
    throw new Error([depth(0), nested(50_000)].join());`);
  const built = runTool([PROCESS], { source: join(folder, 'main.js'), output: join(folder, 'main.wasm') }, () => undefined);
  await assert.rejects(built, /module evaluation: Error: RangeError,true,RangeError\n/);
});
