import assert from 'node:assert/strict';
import { test } from 'node:test';
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { transform } from 'esbuild';
import { authorMap } from '../src/code/author-map.js';
import { positionIn } from '../src/guest/source-map.js';

test('a place in a large bundle is found by reading a small part of the map, and is that of the whole map', async () => {
  const source = Array.from({ length: 3000 }, (_, i) => `export function f${i}(a, b) {\n  return [a + ${i}, b];\n}\n`).join('');
  const { code, map } = await transform(source, { minifyWhitespace: true, sourcemap: 'external', sourcefile: 'lib/a.js' });
  const whole = new TraceMap(JSON.parse(map));
  const cut = authorMap(map, 2);
  const blocks = cut.lines.flat();
  assert.ok(blocks.length > 50, `${blocks.length} blocks`);
  for (const [, segments] of blocks) assert.ok(segments.split(',').length <= 256);

  const lines = code.split('\n');
  for (let seed = 1, tried = 0; tried < 500; tried++) {
    seed = (seed * 48_271) % 2_147_483_647;
    const line = seed % lines.length;
    const column = (seed >> 4) % Math.max(lines[line].length, 1);
    const { source: file, line: at, column: from } = originalPositionFor(whole, { line: line + 1, column });
    const expected = file === null ? undefined : { file, line: at, column: from + 1 };
    assert.deepEqual(positionIn(cut, line + 3, column + 1), expected, `${line}:${column}`);
  }
});
