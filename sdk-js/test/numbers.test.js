import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

test('numbers: as in support/numbers.js', () => {
  // The engines of bundles have `JSON.rawJSON`; older versions of node need a word to have it.
  const flags = JSON.rawJSON === undefined ? ['--harmony-json-parse-with-source'] : [];
  const program = fileURLToPath(new URL('support/numbers.js', import.meta.url));
  // A process that is told that it runs in a test says all is well.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, '--test', program], { encoding: 'utf8', env });
  assert.equal(status, 0, stdout + stderr);
});
