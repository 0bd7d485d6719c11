import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { appendSection, findSection } from '../src/component/sections.js';
import { build, bundle, check, CheckError } from '../src/index.js';
import { MANIFEST_SECTION } from '../src/manifest.js';
import { orderedJson } from '../src/ordered-json.js';
import { didYouMean } from '../src/suggest.js';
import { folderWith, SOUND } from './support/folders.js';

const SEED = fileURLToPath(new URL('../../sample-connectors/seed-example', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../bin/patchbay-sdk.js', import.meta.url));
const COMPONENT = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00);
const MODULE = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);

test('the seed example builds to a component with its manifest', async () => {
  const hints = await check(SEED);
  assert.deepEqual(hints.map(({ severity, what }) => [severity, what.slice(0, 34)]), [['warning', 'if `response?.id` is undefined, so']]);
  const out = join(await folderWith(), 'seed.wasm');
  const steps = [];
  const made = await build(SEED, { output: out, onProgress: (step) => steps.push(step) });
  const bytes = await readFile(out);

  assert.deepEqual([...bytes.subarray(0, 8)], [...COMPONENT]);
  assert.equal(made.size, bytes.length);
  assert.equal(made.sha256, createHash('sha256').update(bytes).digest('hex'));
  assert.equal(steps[0], 'check');

  const manifest = JSON.parse(findSection(bytes, MANIFEST_SECTION).toString());
  const { build: info, connector, ...rest } = manifest;
  assert.match(info.sdk, /^@patchbay\/sdk \d/);
  assert.equal(info.engine, 'componentize-js 0.23.0');
  assert.equal(connector.key, 'seed-example');
  assert.deepEqual(connector.credentialsSchema.required, ['accessToken']);
  assert.deepEqual(rest, {
    manifestVersion: 1,
    globalWebhooks: [{ key: 'webhook-key', name: 'Webhook Name', methods: { handle: { implementationType: 'javascript' } } }],
    events: [
      {
        key: 'event-key',
        name: 'Event Name',
        implementationType: 'global-webhook',
        methods: { 'get-event-selector': { implementationType: 'javascript' } },
      },
    ],
    apiClient: {
      hosts: [{ $var: 'parameters.apiBaseUri' }],
      implementationType: 'mapping',
      mapping: {
        baseUri: { $var: 'parameters.apiBaseUri' },
        headers: { Authorization: { $concat: ['Bearer ', { $var: 'credentials.accessToken' }] } },
      },
    },
  });

  const again = await build(SEED, { output: out });
  assert.equal(again.sha256, made.sha256, 'the same input gives the same bytes');
});

test('the engine is that of spec.yml, unless another is asked for', async () => {
  const root = await folderWith({ 'spec.yml': `${SOUND['spec.yml']}engine: quickjs\n` });
  const small = await build(root);
  assert.equal(small.manifest.build.engine, 'quickjs-ng 0.16.2');
  assert.ok(small.size < 3 << 20, `${small.size} bytes`);
  const large = await build(root, { engine: 'starlingmonkey' });
  assert.equal(large.manifest.build.engine, 'componentize-js 0.23.0');
});

test('a mistake at module level is told with its place, on QuickJS too', async () => {
  const root = await folderWith({ 'global-webhooks/hook/handle.js': 'const none = undefined;\nnone.x;\nexport default function handle() {}\n' });
  await assert.rejects(build(root, { engine: 'quickjs' }), /handle\.js:2:\d+.*cannot read property 'x' of undefined/);
});

test('a folder with mistakes is not built', async () => {
  const root = await folderWith({ 'spec.yml': 'key: sound\n' });
  await assert.rejects(build(root), (error) => error instanceof CheckError && error.problems.length === 1);
  await assert.rejects(readFile(join(root, 'dist/sound.wasm')), { code: 'ENOENT' });
});

/** A folder whose JavaScript is in a component built elsewhere. */
async function folderWithComponent(bytes) {
  const root = await folderWith({
    'global-webhooks/hook/handle.js': null,
    'events/happened/get-event-selector.js': null,
    'events/a/spec.yml': SOUND['events/happened/spec.yml'].replace('happened', 'a').replace('javascript', 'mapping'),
    'events/a/get-event-selector.map.yml': 'globalWebhookKey: hook\nglobalWebhookEventSelector: { $eval: x, "1": y, is: z }\n',
  });
  const component = join(root, 'component.wasm');
  await writeFile(component, bytes);
  return { root, options: { component, output: join(root, 'out.wasm') } };
}

test('bundle joins a folder with a component, key order kept', async () => {
  const { root, options } = await folderWithComponent(COMPONENT);
  const { manifest } = await bundle(root, options);
  assert.deepEqual(manifest.events.map(({ key }) => key), ['a', 'happened']);
  const bytes = await readFile(options.output);
  assert.deepEqual([...bytes.subarray(0, 8)], [...COMPONENT]);
  const text = findSection(bytes, MANIFEST_SECTION).toString();
  assert.ok(text.includes('{"$eval":"x","1":"y","is":"z"}'), text);

  await rename(options.output, options.component);
  await assert.rejects(bundle(root, options), /it is a bundle already/);
});

test('a folder whose code is a component says so, and only `bundle` takes it', async () => {
  const { root, options } = await folderWithComponent(COMPONENT);
  for (const file of ['global-webhooks/hook/spec.yml', 'events/happened/spec.yml']) {
    await writeFile(join(root, file), SOUND[file].replace('javascript', 'component'));
  }
  assert.deepEqual((await check(root)).filter(({ severity }) => severity === 'error'), []);
  const { path, manifest } = await bundle(root, { component: options.component });
  assert.equal(path, join(root, 'dist/sound.wasm'));
  assert.equal(manifest.globalWebhooks[0].methods.handle.implementationType, 'javascript');

  await assert.rejects(build(root), (error) => {
    const places = error.problems.map(({ file, line, remedy }) => [file, line, remedy.includes('--component')]);
    assert.deepEqual(places, [['events/happened/spec.yml', 4, true], ['global-webhooks/hook/spec.yml', 3, true]]);
    return true;
  });
});

test('bundle refuses what is no component', async () => {
  for (const [bytes, why] of [[MODULE, /it is a core WebAssembly module/], [Uint8Array.of(1, 2), /it is not a WebAssembly file/]]) {
    const { root, options } = await folderWithComponent(bytes);
    await assert.rejects(bundle(root, options), why);
  }
});

test('sections of any size are found again, broken ones are refused', () => {
  for (const length of [0, 1, 100, 127, 128, 20_000]) {
    const text = 'x'.repeat(length);
    const bytes = appendSection(appendSection(COMPONENT, 'other', 'y'), 'mine', text);
    assert.equal(findSection(bytes, 'mine').toString(), text);
    assert.equal(findSection(bytes, 'none'), undefined);
    assert.throws(() => findSection(bytes.subarray(0, -1), 'none'), RangeError);
  }
});

test('JSON keeps the order of keys', () => {
  const value = new Map([['b', 1], ['1', [null, undefined, new Map()]], ['gone', undefined], ['t', 'x"']]);
  assert.equal(orderedJson(value), '{"b":1,"1":[null,null,{}],"t":"x\\""}');
});

test('a near spelling is suggested, otherwise all are listed', () => {
  assert.equal(didYouMean('event', ['events', 'response']), 'Did you mean `events`?');
  assert.equal(didYouMean('getEventSelector', ['get-event-selector']), 'Did you mean `get-event-selector`?');
  assert.equal(didYouMean('zzz', ['events', 'response']), 'Known here: `events`, `response`.');
});

/** Arguments of the command line, its exit status and what it says. */
const COMMAND_LINES = [
  [['--help'], 0, 'stdout', 'A connector folder holds'],
  [['build', '--help'], 0, 'stdout', 'patchbay-sdk build <folder>'],
  [['chek', '.'], 2, 'stderr', 'There is no command `chek`. Did you mean `check`?'],
  [['check'], 2, 'stderr', '`check` needs a connector folder.'],
  [['build', '.', '--out', 'x'], 2, 'stderr', "Unknown option '--out'"],
  [['build', SEED, '--engine', 'v8'], 2, 'stderr', 'There is no engine `v8`. Choose one of: starlingmonkey, quickjs.'],
  [['bundle', SEED], 2, 'stderr', '`bundle` needs `--component file.wasm`.'],
  [['check', SEED], 0, 'stdout', 'no mistakes found'],
  [['check', '/nowhere'], 1, 'stderr', 'spec.yml:1: the file is missing.'],
];

for (const [args, status, stream, text] of COMMAND_LINES) {
  test(`patchbay-sdk ${args.map((each) => (each === SEED ? '<seed>' : each)).join(' ')}`, () => {
    const said = spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' });
    assert.equal(said.status, status, said.stderr);
    assert.ok(said[stream].includes(text), said[stream]);
  });
}
