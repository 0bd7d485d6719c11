/**
 * What needs the host program: examples run in the real sandbox, and `dev`. The program must be built; where it is not, these
 * tests fail and say so.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CACHE_FOLDER } from '../src/component/cache.js';
import { findPatchbay } from '../src/host/program.js';
import { folderWith, SOUND } from './support/folders.js';

const PROGRAM = fileURLToPath(new URL('../bin/patchbay-sdk.js', import.meta.url));
const HANDLE = 'global-webhooks/hook/handle.js';
const SELECTOR = 'events/happened/get-event-selector';
const patchbay = findPatchbay();

function sdk(...args) {
  return spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8', env: { ...process.env, PATCHBAY_BIN: patchbay } });
}

const webhookExample = (webhook, expect) => JSON.stringify({ description: 'x', webhook, request: { body: 'ab' }, expect });

test('a new connector from the template passes its examples', async () => {
  const folder = join(await folderWith(), 'my-app');
  assert.equal(sdk('init', folder).status, 0);
  const { status, stdout, stderr } = sdk('test', folder);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /5 passed, 0 failed/);
  assert.ok(!stderr.includes('warning'), stderr);
});

test('failures at run time name file, line and remedy, once each', async () => {
  const webhook = (key) => SOUND['global-webhooks/hook/spec.yml'].replace('key: hook', `key: ${key}`);
  const folder = await folderWith({
    'examples/none.json': null,
    [HANDLE]: 'export default async function handle({ data }) {\n  const team = data.team;\n  return { events: [{ selector: team.id.name }] };\n}\n',
    'examples/1-throws.json': webhookExample('hook', { status: 200 }),
    'global-webhooks/wrong/spec.yml': webhook('wrong'),
    'global-webhooks/wrong/handle.js': '// A comment.\nexport default () => made;\nconst made = { event: [] };\n',
    'examples/2-wrong.json': webhookExample('wrong', { status: 200 }),
    'global-webhooks/engine/spec.yml': webhook('engine'),
    'global-webhooks/engine/handle.js':
      "import { Buffer } from 'node:buffer';\nexport default ({ rawBytes }) => ({ response: { data: [rawBytes instanceof Uint8Array, Buffer.from('-_-_', 'base64url').toString('base64url')].join() } });\n",
    'examples/3-engine.json': webhookExample('engine', { body: 'true,-_-_' }),
    [`${SELECTOR}.js`]:
      "export default async ({ apiClient }) => {\n  const bytes = await apiClient.get('me', {}, { responseType: 'arraybuffer' });\n  return { globalWebhookKey: 'hook', globalWebhookEventSelector: `${bytes instanceof ArrayBuffer}:${bytes.byteLength}` };\n};\n",
    'spec.yml': `${SOUND['spec.yml']}apiHosts: [a.example]\n`,
    'auth/make-api-client.map.yml': 'baseUri: https://a.example\n',
    'examples/4-buffer.json': JSON.stringify({ description: 'x', event: 'happened', api: [{ request: 'GET /me', text: 'abc' }], expect: { globalWebhookEventSelector: 'true:3' } }),
  });
  const { status, stdout } = sdk('test', folder);
  assert.equal(status, 1, stdout);
  assert.match(stdout, /FAIL 1-throws\.json.*\n +TypeError: .*\n +at handle \(global-webhooks\/hook\/handle\.js:3:\d+\)\n/);
  assert.match(stdout, /FAIL 2-wrong\.json.*\n +TypeError: handle returned `event`; did you mean `events`\?\n +at global-webhooks\/wrong\/handle\.js:2\n/);
  assert.match(stdout, /ok +3-engine\.json/);
  assert.match(stdout, /ok +4-buffer\.json/);
  assert.match(stdout, /2 passed, 2 failed/);
});

/** Mistakes that no example is needed to find, and the one line that must come of each. */
const MISTAKES = [
  ['a syntax error', { [HANDLE]: 'export default function handle() {\n  return {;\n}\n' }, `${HANDLE}:2: Expected identifier but found ";". Correct the syntax.`],
  ['a missing file', { [HANDLE]: null }, `${HANDLE}:1: the file is missing. Write it.`],
  ['a wrong key in a spec', { 'spec.yml': `${SOUND['spec.yml']}descripton: a\n` }, 'spec.yml:3: unknown key `descripton`. Did you mean `description`?'],
  ['an unknown formula', {
    [`${SELECTOR}.js`]: null,
    [`${SELECTOR}.map.yml`]: 'globalWebhookKey: hook\nglobalWebhookEventSelector: { $vra: a }\n',
    'events/happened/spec.yml': SOUND['events/happened/spec.yml'].replace('javascript', 'mapping'),
  }, `${SELECTOR}.map.yml:2: \`$vra\` is not a formula. Did you mean \`$var\`?`],
  ['`event` for `events`', { [HANDLE]: 'export default function handle() {\n  if (Date.now()) return {};\n  return { event: [] };\n}\n' }, `${HANDLE}:3: \`event\` is not a part of the result. Did you mean \`events\`?`],
  ['no examples', { 'examples/none.json': null }, 'examples:1: the connector has no examples, so nothing tests it. Write `examples/<name>.json`: a request and what must come of it.'],
];

for (const [name, changes, line] of MISTAKES) {
  test(`${name} is one message of \`test\``, async () => {
    const { status, stderr } = sdk('test', await folderWith(changes));
    assert.equal(status, 1);
    const messages = stderr.split('\n').filter((each) => /:\d+: /.test(each));
    assert.equal(messages.length, 1, stderr);
    assert.ok(messages[0].endsWith(line), stderr);
  });
}

test('dev: a connector is live, a change follows, and requests are shown', { timeout: 300_000 }, async () => {
  const folder = await realpath(await folderWith({ [HANDLE]: "export default ({ data }) => {\n  console.log('first');\n  return { events: [{ selector: 'a:1', payload: data }] };\n};\n" }));
  const cache = join(CACHE_FOLDER, 'dev', `${basename(folder)}-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`);
  const child = spawn(process.execPath, [PROGRAM, 'dev', folder, '--patchbay', patchbay], { stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    const said = listener(child);
    const [, uri] = await said(/webhook hook: (\S+)/);
    await said(/watching/);
    await fetch(uri, { method: 'POST', body: '{}' });
    await said(/POST hook → 200 unrouted in \d+ ms\n +console .*first\n +event +a:1 → nobody: no subscription/);
    assert.equal((await stat(join(cache, 'token'))).mode & 0o777, 0o600);

    await writeFile(join(folder, HANDLE), 'export default () => {\n  return nothing.here;\n};\n');
    await said(/live: sound version 2/);
    assert.equal((await fetch(uri, { method: 'POST' })).status, 500);
    await said(/→ 500 failed in \d+ ms\n +error +ReferenceError: .*\n +at .*global-webhooks\/hook\/handle\.js:2:/);

    await writeFile(join(folder, HANDLE), 'export default () => {\n');
    await said(/global-webhooks\/hook\/handle\.js:\d+: /);
    child.kill('SIGINT');
    const [status] = await new Promise((resolve) => child.once('close', (...how) => resolve(how)));
    assert.equal(status, 0);
    assert.ok(!(await readFile(join(cache, 'token'), 'utf8')).includes(' '));
  } finally {
    child.kill('SIGKILL');
    await rm(cache, { recursive: true, force: true });
  }
});

/** Waits until the process has said something, since the last time. */
function listener(child) {
  let text = '';
  let look = () => undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (piece) => {
      text += piece;
      look();
    });
  }
  return (wanted) => new Promise((resolve, reject) => {
    look = () => {
      const found = wanted.exec(text);
      if (found === null) return;
      text = text.slice(found.index + found[0].length);
      look = () => undefined;
      resolve(found);
    };
    child.once('close', () => reject(new Error(`ended without saying ${wanted}: ${text}`)));
    look();
  });
}
