import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import binaryen from 'binaryen';
import { describeEngine } from '../engine/describe.js';
import { sectionsOf, withSections } from '../src/component/sections.js';
import { withMemory } from '../src/component/snapshot.js';

const ENGINE = new URL('../engine/', import.meta.url);
const COUNTER = `(module
  (memory (export "memory") 1)
  (data (i32.const 8) "\\00\\00\\00\\00")
  (func (export "next") (result i32)
    (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (i32.const 1)))
    (i32.load (i32.const 8))))`;

test('the QuickJS engine is built of the sources beside it: if not, run sdk-js/engine/build', async () => {
  const built = JSON.parse(await readFile(new URL('quickjs.json', ENGINE), 'utf8'));
  assert.deepEqual(describeEngine(built.version), built);
});

test('a module with the memory of an instance begins where that instance stands', async () => {
  const counter = binaryen.parseText(COUNTER).emitBinary();
  const { instance } = await WebAssembly.instantiate(counter);
  const { memory, next } = instance.exports;
  assert.deepEqual([next(), next()], [1, 2]);
  new Uint8Array(memory.buffer)[70 * 100] = 9;
  memory.grow(1);
  const later = await WebAssembly.instantiate(withMemory(counter, new Uint8Array(memory.buffer)));
  assert.equal(later.instance.exports.memory.buffer.byteLength, 2 * 65_536);
  assert.equal(new Uint8Array(later.instance.exports.memory.buffer)[70 * 100], 9);
  assert.equal(later.instance.exports.next(), 3);
});

test('a component taken apart and put together again is the same', async () => {
  const engine = await readFile(new URL('quickjs.wasm', ENGINE));
  assert.ok(withSections(engine, [...sectionsOf(engine)]).equals(engine));
});
