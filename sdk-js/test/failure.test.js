import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainFailure } from '../src/component/explain-failure.js';
import { failure } from '../src/guest/failure.js';
import { folderWith } from './support/folders.js';
import { runCode } from './support/run-code.js';

const HANDLE = 'global-webhooks/hook/handle.js';

// The map of this bundle is set once: as in the sandbox, it is decoded when the first failure needs it.
const { code } = await runCode(
  await folderWith({
    [HANDLE]: "import { help } from '../../lib/help.js';\n\nexport default function handle() {\n  return help('FIRST');\n}\n",
    'lib/help.js': "// A comment.\nexport function help(what) {\n  throw new Error('SECOND' + what);\n}\n",
  }),
);

/** A frame as the engine writes it, at a text in the bundle. */
function frameAt(text, name) {
  const before = code.slice(0, code.indexOf(text)).split('\n');
  return `${name}@connector.js:${before.length}:${before.at(-1).length + 1}`;
}

function errorWith(stack, message = 'm') {
  return Object.assign(new RangeError(message), { stack });
}

test('frames name the files of the author; those of the SDK are left out', () => {
  const stack = [
    frameAt('new Error("SECOND"', 'help'),
    `async*${frameAt('help("FIRST")', 'handle2')}`,
    'run@connector.js:1:1',
    'export_handle@/tmp/x/initializer.js:13:29',
    '',
  ].join('\n');
  assert.deepEqual(failure(errorWith(stack), HANDLE), {
    name: 'RangeError',
    message: 'm',
    stack: `at help (lib/help.js:3:9)\nat handle2 (${HANDLE}:4:10)`,
  });
});

test('without a frame of the author the file of the method is named', () => {
  assert.equal(failure(errorWith('run@connector.js:1:1\n'), HANDLE).stack, `at ${HANDLE}`);
});

test('causes follow, not without end', () => {
  const outer = errorWith('', 'outer');
  outer.cause = errorWith(frameAt('new Error("SECOND"', ''), 'inner');
  outer.cause.cause = outer;
  const { stack } = failure(outer, HANDLE);
  assert.ok(stack.startsWith(`at ${HANDLE}\ncaused by RangeError: inner\nat lib/help.js:3:9\ncaused by RangeError: outer`));
  assert.equal(stack.match(/caused by/g).length, 3);
});

test('what cannot be described is a failure all the same', () => {
  const hostile = { get message() { throw new Error(); } };
  assert.equal(failure(hostile, HANDLE).message, 'the value that was thrown cannot be described');
  assert.match(failure(Symbol('s'), HANDLE).message, /a symbol$/);
});

test('code that fails while it is loaded is explained in the files of the author', () => {
  const place = frameAt('new Error("SECOND"', 'help').split('@')[1];
  assert.match(explainFailure(`Error: no\n  help@/tmp/x/${place}`, code), /^the code cannot be loaded: .*\n.*lib\/help\.js:3:9/);
  const complaint = 'Failed\nException while evaluating top-level script\n';
  assert.equal(explainFailure(`${complaint}${place} TypeError: t\nStack:\n`, code), 'lib/help.js:3:9: TypeError: t');
  assert.equal(explainFailure(`${complaint}connector.js:1:1 TypeError: t\nStack:\n`, code), 'TypeError: t');
  assert.match(
    explainFailure("attempted to call an unknown imported function: 'patchbay:connector/crypto@0.1.0' 'hmac'", code),
    /code at module level calls the host \(`hmac`/,
  );
});
