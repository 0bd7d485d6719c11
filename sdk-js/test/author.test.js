import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { formatRequest } from '../src/dev/format-request.js';
import { watchFolder } from '../src/dev/watch.js';
import { Host } from '../src/host/api.js';
import { findPatchbay } from '../src/host/program.js';
import { check } from '../src/index.js';
import { sampleNamed, samples } from '../src/samples.js';
import { folderWith } from './support/folders.js';

const PROGRAM = fileURLToPath(new URL('../bin/patchbay-sdk.js', import.meta.url));

function init(...args) {
  return spawnSync(process.execPath, [PROGRAM, 'init', ...args], { encoding: 'utf8' });
}

test('init makes a folder without mistakes, named after it, and says what to do next', async () => {
  const folder = join(await folderWith(), 'My App');
  const { status, stdout } = init(folder);
  assert.equal(status, 0);
  assert.match(stdout, /patchbay-sdk test /);
  assert.match(await readFile(join(folder, 'spec.yml'), 'utf8'), /^key: my-app\nname: "My app"\n/);
  assert.deepEqual(await check(folder), []);
});

test('init copies a sample by the name of its provider, without what was built', async () => {
  const folder = join(await folderWith(), 'copy');
  const { status, stdout } = init(folder, '--from', 'GitHub');
  assert.equal(status, 0);
  assert.match(stdout, /a copy of the sample GitHub App/);
  assert.ok(!(await readdir(folder)).includes('dist'));
});

test('init overwrites nothing', async () => {
  const folder = await folderWith();
  const { status, stderr } = init(folder);
  assert.equal(status, 1);
  assert.match(stderr, /the folder is not empty \(it holds `.*`\), and nothing is overwritten/);
  assert.match(init(join(folder, 'spec.yml')).stderr, /this is a file/);
  assert.equal(init().status, 2);
  assert.match(init().stderr, /seed-example +Seed example/);
});

test('samples are found by names that people use', async () => {
  const known = await samples();
  for (const [wanted, key] of [['slack', 'slack'], ['Slack', 'slack'], ['GitHub', 'github-app'], ['github app', 'github-app'], ['seed', 'seed-example']]) {
    assert.equal(sampleNamed(wanted, known).key, key);
  }
  const few = [{ key: 'github-app', name: 'GitHub App', folder: '' }, { key: 'gitlab', name: 'GitLab', folder: '' }];
  assert.throws(() => sampleNamed('githb', few), /no sample `githb`\. Did you mean `github`\? There are:\n {2}github-app {2}GitHub App\n {2}gitlab /);
  assert.throws(() => sampleNamed('git', few), /It could be `github-app` or `gitlab`\./);
  assert.throws(() => sampleNamed('zzzzzz', few), /no sample `zzzzzz`\. There are:\n/);
});

test('the host program is found where it is said to be, and nowhere else', async () => {
  const folder = await folderWith({ 'bin/patchbay': '#!/bin/sh\n', 'bin/text': '' });
  await chmod(join(folder, 'bin/patchbay'), 0o755);
  assert.equal(findPatchbay(join(folder, 'bin/patchbay')), join(folder, 'bin/patchbay'));
  assert.throws(() => findPatchbay(join(folder, 'bin/text')), /--patchbay names this file, but it is not an executable program/);
  const env = { PATH: '/nowhere', CARGO_TARGET_DIR: folder, HOME: folder };
  const { status, stderr } = spawnSync(process.execPath, [PROGRAM, 'test', folder], { encoding: 'utf8', env });
  assert.equal(status, 1);
  assert.match(stderr, /`patchbay` was not found\. Build it .*`cargo build`.*`--patchbay .*PATCHBAY_BIN/);
  await mkdir(join(folder, 'debug'));
  await writeFile(join(folder, 'debug/patchbay'), '#!/bin/sh\necho "$1 of $(basename "$3")"\nexit 7\n', { mode: 0o755 });
  const found = spawnSync(process.execPath, [PROGRAM, 'test', folder], { encoding: 'utf8', env: { ...process.env, ...env, PATH: process.env.PATH, HOME: process.env.HOME, PATCHBAY_BIN: '' } });
  assert.equal(found.status, 7, found.stderr);
  assert.equal(found.stdout, 'test of examples\n');
});

/** A host that takes the token and answers everything else in one way. */
async function hostAnswering(t, status, body) {
  const asked = [];
  const server = createServer(async (request, response) => {
    let size = 0;
    for await (const piece of request) size += piece.length;
    asked.push({ line: `${request.method} ${request.url}`, headers: request.headers, size });
    const isTokenCheck = request.url === '/v1/connectors?limit=1';
    response.writeHead(isTokenCheck ? 200 : status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isTokenCheck ? { items: [] } : body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${server.address().port}`, asked };
}

test('push uploads the bundle and says its version', async (t) => {
  const { url, asked } = await hostAnswering(t, 201, { key: 'sound', version: 3, digest: 'sha256:ab' });
  const { status, stdout } = await run(['push', await folderWith()], { PATCHBAY_URL: url, PATCHBAY_TOKEN: 'secret-token' });
  assert.equal(status, 0);
  assert.equal(stdout, `sound version 3  sha256:ab  ${url}\n`);
  // The token first: an upload that it does not allow would break off before the answer.
  const lines = asked.map((each) => each.line).filter((line) => !line.startsWith('GET /v1/uploads/'));
  assert.deepEqual(lines, ['GET /v1/connectors?limit=1', 'POST /v1/connectors']);
  assert.ok(asked.every((each) => each.headers.authorization === 'Bearer secret-token'));
  const uploaded = asked.find((each) => each.line.startsWith('POST'));
  assert.equal(uploaded.headers['content-type'], 'application/wasm');
  assert.ok(uploaded.size > 1_000_000);
});

test('push says what the host does with the bundle until it answers', async (t) => {
  const statuses = ['waiting', 'compiling', 'compiling'];
  let digest;
  let answer;
  const server = createServer(async (request, response) => {
    const hash = createHash('sha256');
    for await (const piece of request) hash.update(piece);
    response.setHeader('content-type', 'application/json');
    if (request.method === 'POST') {
      digest = hash.digest('hex');
      answer = () => response.end(JSON.stringify({ key: 'sound', version: 3, digest: `sha256:${digest}` }));
    } else if (request.url === `/v1/uploads/sha256:${digest}`) {
      response.end(JSON.stringify({ status: statuses.shift() }));
      if (statuses.length === 0) answer();
    } else {
      response.writeHead(request.url.startsWith('/v1/uploads/') ? 404 : 200).end('{}');
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const url = `http://127.0.0.1:${server.address().port}`;
  const { status, stdout, stderr } = await run(['push', await folderWith(), '--host', url, '--token', 'secret-token']);
  assert.equal(status, 0, stderr);
  assert.equal(stdout, `sound version 3 (already uploaded)  sha256:${digest}  ${url}\n`);
  assert.match(stderr, /upload\nthe host compiles another bundle first\nthe host compiles the bundle; the first bundle of an engine takes up to a minute\n$/);
});

test('a refusal is told in the words of the host', async (t) => {
  const { url } = await hostAnswering(t, 422, { title: 'Unprocessable Entity', code: 'bundle_manifest_invalid', detail: 'the manifest is wrong' });
  const { status, stderr } = await run(['push', await folderWith(), '--host', url, '--token', 'secret-token']);
  assert.equal(status, 1);
  assert.match(stderr, /the host rejected POST \/v1\/connectors: 422 bundle_manifest_invalid: the manifest is wrong\n/);
  assert.ok(!stderr.includes('secret-token'));

  const fields = await hostAnswering(t, 422, { code: 'invalid', detail: 'see `errors`', errors: [{ pointer: '/parameters/a', message: 'is missing' }] });
  await assert.rejects(new Host(fields.url, 't').get('/x'), { message: 'the host rejected GET /x: 422 invalid\n  /parameters/a: is missing', code: 'invalid' });
  await assert.rejects(new Host('http://127.0.0.1:1', 't').get('/x'), /cannot be reached: .*Is the host running\?/);
  assert.throws(() => new Host('localhost:80', 't'), /is not the URL of a host/);
  for (const args of [['push', '.'], ['push', '.', '--host', url], ['dev', '.', '--host', url]]) {
    assert.equal((await run(args)).status, 2);
  }
});

/** Not spawnSync: the answer comes from this process. */
async function run(args, env = {}) {
  const child = spawn(process.execPath, [PROGRAM, ...args], { env: { ...process.env, PATCHBAY_URL: '', PATCHBAY_TOKEN: '', ...env } });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => (said[name] += text));
  const [status] = await once(child, 'close');
  return { status, ...said };
}

test('a request is shown with all that became of it', () => {
  const shown = formatRequest({
    receivedAt: '2026-01-02T03:04:05.678Z', status: 'routed', answer: 200, handledInMs: 7, globalWebhookKey: 'hook',
    received: { method: 'POST', path: '/a', query: 'b=1' },
    log: ['info: one\ntwo'],
    events: [
      { selectors: ['a:1', 'a:1:x'], providerId: 'e1', deliveries: [{ customer: 'ada', status: 'pending' }, { customer: 'bob', status: 'delivered' }] },
      { selectors: ['a:2'], reason: 'no subscription has it', deliveries: [] },
    ],
    refusedEvents: [{ index: 2, message: 'the selector has `undefined` in it' }],
    error: { message: 'TypeError: no', stack: 'at handle (handle.js:3:1)\nat b (b.js:1:1)' },
  });
  assert.equal(shown, `03:04:05  POST hook/a?b=1 → 200 routed in 7 ms
    console  info: one
             two
    event    a:1, a:1:x (id e1) → ada (pending), bob (delivered)
    event    a:2 → nobody: no subscription has it
    refused  events[2]: the selector has \`undefined\` in it
    error    TypeError: no
             at handle (handle.js:3:1)
             at b (b.js:1:1)`);
});

const pause = () => new Promise((resolve) => setTimeout(resolve, 300));

test('changes that come together are told once, what builds write is not told', async () => {
  const folder = await folderWith({ 'lib/a.js': '1', 'dist/a.wasm': '1' });
  const told = [];
  const stop = watchFolder(folder, (files) => told.push(files.sort()));
  await writeFile(join(folder, 'dist/a.wasm'), '2');
  await Promise.all([writeFile(join(folder, 'spec.yml'), 'a'), writeFile(join(folder, 'lib/a.js'), '2')]);
  await pause();
  assert.deepEqual(told, [['lib/a.js', 'spec.yml']]);
  stop();
});

test('files that are replaced again and again are heard, and files in new folders', async () => {
  const folder = await folderWith();
  let count = 0;
  const stop = watchFolder(folder, () => (count += 1));
  for (let round = 1; round <= 4; round++) {
    await writeFile(join(folder, 'spec.yml.new.tmp'), String(round));
    await rename(join(folder, 'spec.yml.new.tmp'), join(folder, 'spec.yml'));
    await pause();
    assert.equal(count, round);
  }
  await mkdir(join(folder, 'lib/deep'), { recursive: true });
  await pause();
  await writeFile(join(folder, 'lib/deep/a.js'), '1');
  await pause();
  assert.equal(count, 6);
  stop();
});
