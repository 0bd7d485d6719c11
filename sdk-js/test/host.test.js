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
import { HMACS, HUBSPOT_KEY, HUBSPOT_V1, HUBSPOT_V2 } from './support/vectors.js';

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

/** Computes in the sandbox what a vector says, by both libraries. */
const VECTOR_HANDLER = `
import { Buffer } from 'node:buffer';
import { createHash, createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto';
const { subtle } = crypto;
const MADE = {
  async hmac({ hash, key, encoding, signature }, signed) {
    const [keyBytes, given] = [Buffer.from(key, 'base64'), Buffer.from(signature, encoding)];
    const webKey = await subtle.importKey('raw', keyBytes, { name: 'HMAC', hash: hash.replace('sha', 'SHA-') }, false, ['sign', 'verify']);
    const made = createHmac(hash, keyBytes).update(signed).digest();
    const changed = Buffer.concat([signed, Buffer.from(' ')]);
    return [
      made.toString(encoding), Buffer.from(await subtle.sign('HMAC', webKey, signed)).toString(encoding), timingSafeEqual(made, given),
      await subtle.verify('HMAC', webKey, given, signed), await subtle.verify('HMAC', webKey, given, changed),
      await subtle.verify('HMAC', webKey, given.subarray(1), signed),
    ];
  },
  async hash({ encoding }, signed) {
    return [createHash('sha256').update(signed).digest(encoding), Buffer.from(await subtle.digest('SHA-256', signed)).toString(encoding)];
  },
  async ed25519({ jwk, signature }, signed) {
    const [key, given] = [createPublicKey({ key: jwk, format: 'jwk' }), Buffer.from(signature, 'hex')];
    const webKey = await subtle.importKey('jwk', jwk, 'Ed25519', false, ['verify']);
    return [verify(null, signed, key, given), await subtle.verify('Ed25519', webKey, given, signed)];
  },
  async p256({ jwk, signature }, signed) {
    const [key, given] = [createPublicKey({ key: jwk, format: 'jwk' }), Buffer.from(signature, 'hex')];
    const webKey = await subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify']);
    return [verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, given), await subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, webKey, given, signed)];
  },
};
export default async function handle({ query, rawBytes }) {
  const vector = JSON.parse(query.vector);
  return { response: { data: JSON.stringify(await MADE[vector.kind](vector, Buffer.from(rawBytes))) } };
}
`;

/** Kind, what it needs, the signed bytes, and what the handler must answer. */
function* vectors() {
  for (const [name, hash, key, data, encoding, signature] of HMACS) {
    const vector = { kind: 'hmac', hash, key: Buffer.from(key).toString('base64'), encoding, signature };
    yield [name, vector, data, [signature, signature, true, true, false, false]];
  }
  for (const [name, data, digest] of [
    ['HubSpot v1', HUBSPOT_KEY + HUBSPOT_V1, '232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de'],
    ['HubSpot v2', HUBSPOT_KEY + HUBSPOT_V2, '9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900'],
  ]) yield [name, { kind: 'hash', encoding: 'hex' }, data, [digest, digest]];
  const url = (/** @type {string} */ digits) => Buffer.from(digits, 'hex').toString('base64url');
  const ed25519 = { kind: 'ed25519', jwk: { kty: 'OKP', crv: 'Ed25519', x: url('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c') },
    signature: '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00' };
  const [x, y] = ['60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6', '7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299'].map(url);
  const p256 = { kind: 'p256', jwk: { kty: 'EC', crv: 'P-256', x, y },
    signature: 'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8' };
  for (const [vector, data, isRight] of [[ed25519, 'r', true], [ed25519, 's', false], [p256, 'sample', true], [p256, 'samplE', false]]) {
    yield [`${vector.kind} over ${data}`, vector, data, [isRight, isRight]];
  }
}

test('every published vector comes out in the real sandbox as it does elsewhere', async () => {
  /** @type {Record<string, string | null>} */
  const files = { [HANDLE]: VECTOR_HANDLER, 'examples/none.json': null };
  let count = 0;
  for (const [description, vector, data, expected] of vectors()) {
    const request = { query: `vector=${encodeURIComponent(JSON.stringify(vector))}`, bodyBase64: Buffer.from(data).toString('base64') };
    files[`examples/${(count += 1)}.json`] = JSON.stringify({ description, webhook: 'hook', request, expect: { status: 200, body: JSON.stringify(expected) } });
  }
  const folder = await folderWith(files);
  for (const engine of ['starlingmonkey', 'quickjs']) {
    const { status, stdout, stderr } = sdk('test', folder, '--engine', engine);
    assert.equal(status, 0, `${engine}: ${stdout}${stderr}`);
    assert.ok(stdout.includes(`${count} passed, 0 failed`) && count === HMACS.length + 6, `${engine}: ${stdout}`);
  }
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
  ['no examples', { 'examples/none.json': null }, 'examples:1: the connector has no examples, so nothing tests it. Write `examples/<name>.json`: a request and its expected result.'],
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

test('dev: a connector is live, a change follows, also one that was undone, and requests are shown', { timeout: 300_000 }, async () => {
  const first = "export default ({ data }) => {\n  console.log('first');\n  return { events: [{ selector: 'a:1', payload: data }] };\n};\n";
  const folder = await realpath(await folderWith({ [HANDLE]: first }));
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

    await writeFile(join(folder, HANDLE), first);
    await said(/live: sound version 1/);
    assert.equal((await fetch(uri, { method: 'POST', body: '{}' })).status, 200);

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
