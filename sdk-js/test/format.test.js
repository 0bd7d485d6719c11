/**
 * Folders that are written for more products than this one: they are accepted, and what Patchbay does not use is said.
 * Needs the host program, as host.test.js does.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findPatchbay } from '../src/host/program.js';
import { build, check } from '../src/index.js';
import { formatProblem } from '../src/problems.js';
import { folderWith, SOUND } from './support/folders.js';

const CONNECTORS = fileURLToPath(new URL('connectors', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../bin/patchbay-sdk.js', import.meta.url));
const patchbay = findPatchbay();

/** What git does not keep: things of package managers, editors and systems, and links that stay inside. */
const AROUND = {
  '.git/HEAD': 'ref: refs/heads/main\n',
  '.DS_Store': 'x',
  'global-webhooks/hook/.handle.js.swp': 'x',
  'global-webhooks/hook/#handle.js#': 'x',
  'global-webhooks/.DS_Store': 'x',
  'events/node_modules/left/index.js': 'x',
  'node_modules/a-package/package.json': '{ "name": "a-package", "main": "main.js" }',
  'node_modules/a-package/main.js': 'exports.shout = (text) => `${text}!`\n',
};

async function copyOf(name) {
  const folder = join(await folderWith(), name);
  await cp(join(CONNECTORS, name), folder, { recursive: true });
  return folder;
}

/** Runs the examples on both engines, and returns what was printed on stderr. */
function passes(folder, count) {
  return ['quickjs', 'starlingmonkey'].map((engine) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, 'test', folder, '--engine', engine], { encoding: 'utf8', env: { ...process.env, PATCHBAY_BIN: patchbay } });
    assert.equal(status, 0, `${engine}\n${stdout}${stderr}`);
    assert.match(stdout, new RegExp(`${count} passed, 0 failed`));
    return stderr;
  });
}

async function warningsOf(folder) {
  const problems = await check(folder);
  assert.deepEqual(problems.filter(({ severity }) => severity === 'error'), []);
  return problems.map((each) => formatProblem(each));
}

test('a connector with every key and folder of the format passes on both engines, with warnings only', async () => {
  const folder = await copyOf('full-format');
  const warnings = await warningsOf(folder);
  for (const expected of [
    'spec.yml:3: warning: `version` is not used: the host numbers the versions of a connector. It is left out of the bundle.',
    'spec.yml:5: warning: `logoUri` is not used: the host shows only names and descriptions. It is left out of the bundle.',
    'spec.yml:6: warning: `categories` is not used: the host shows only names and descriptions. It is left out of the bundle.',
    'spec.yml:17: warning: `auth` is not used: credentials and requests are described in `auth/`. It is left out of the bundle.',
    'auth/spec.yml:7: warning: `options` is not used: whoever creates a connection gives the host its credentials. It is left out of the bundle.',
    'auth/test.rest.yml:1: warning: the host never calls this method. The file is left out of the bundle.',
    'data:1: warning: Patchbay uses only webhooks and their events. It is left out of the bundle.',
    'operations:1: warning: Patchbay uses only webhooks and their events. It is left out of the bundle.',
    'flows:1: warning: Patchbay uses only webhooks and their events. It is left out of the bundle.',
    'udm.yml:1: warning: Patchbay uses only webhooks and their events. It is left out of the bundle.',
    'events/record-created/spec.yml:3: warning: Patchbay does not receive events of the type `webhook`. The event is left out of the bundle.',
    'events/polled/spec.yml:3: warning: Patchbay does not receive events of the type `pull-latest-records`. The event is left out of the bundle.',
    'events/anything/spec.yml:11: warning: `refresh` is not used: the host never calls this method. It is left out of the bundle.',
    'global-webhooks/later/spec.yml:4: warning: `handle` is `not-supported`. The webhook is left out of the bundle.',
  ]) assert.ok(warnings.includes(expected), `${expected}\nis not among\n${warnings.join('\n')}`);
  for (const printed of passes(folder, 2)) assert.match(printed, /`logoUri` is not used/);
});

test('a connector of CommonJS, TypeScript and .yaml files, without keys, passes on both engines', async () => {
  const folder = await copyOf('older-code');
  const warnings = await warningsOf(folder);
  assert.deepEqual(warnings.filter((each) => each.startsWith('spec.yaml')), [
    'spec.yaml:1: warning: the file has no `key`, so the key is `older-code`. Write `key: older-code` to keep it when the name changes.',
    'spec.yaml:2: warning: `logoUri` is not used: the host shows only names and descriptions. It is left out of the bundle.',
    'spec.yaml:3: warning: `connectionMode` is not used: the host shows only names and descriptions. It is left out of the bundle.',
    'spec.yaml:4: warning: `serial` is not a key that Patchbay knows. It is left out of the bundle.',
  ]);
  passes(folder, 4);
});

test('a connector among packages, links inside, version control and editor files passes on both engines', async () => {
  const folder = await copyOf('around');
  for (const [file, text] of Object.entries(AROUND)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  }
  await symlink('helpers', join(folder, 'lib'));
  // Nothing reads this one, so it may lead anywhere.
  await symlink(CONNECTORS, join(folder, 'docs'));
  const linked = `${folder}-linked`;
  await symlink(folder, linked);
  const warnings = await warningsOf(linked);
  assert.equal(warnings.filter((each) => !/^(spec|events\/happened\/get-event-selector\.map)\.yml|^events\/shared:/.test(each)).join('\n'), '');
  passes(linked, 2);
});

/** Ways to export a function that authors and their compilers write. */
const EXPORTS = [
  ['handle.js', 'const handle = () => ({});\nexport { handle as default };\n'],
  ['handle.js', 'exports.default = () => ({});\n'],
  ['handle.js', 'module.exports = { default: () => ({}) };\n'],
  ['handle.js', 'const handle = () => ({});\nmodule.exports = exports = handle;\nexports.default = handle;\n'],
  ['handle.js', 'Object.defineProperty(exports, "__esModule", { value: true });\nexports.default = handle;\nfunction handle() {}\n'],
  ['handle.js', 'Object.defineProperty(exports, "__esModule", { value: true });\nObject.defineProperty(exports, "default", { enumerable: true, get: () => handle });\nfunction handle() {}\n'],
  ['handle.ts', 'const handle = () => ({});\nexport = handle;\n'],
  ['handle.ts', 'import type { Handle } from "@patchbay/sdk";\nexport default (() => ({})) satisfies Handle;\n'],
];

for (const [file, code] of EXPORTS) {
  test(`a function is exported: ${code.replaceAll('\n', ' ')}`, async () => {
    const folder = await folderWith({ 'global-webhooks/hook/handle.js': null, [`global-webhooks/hook/${file}`]: code });
    const { warnings } = await build(folder, { engine: 'quickjs' });
    assert.deepEqual(warnings, []);
  });
}

test('a package.json does not decide whether code is CommonJS', async () => {
  const folder = await folderWith({
    'package.json': '{ "type": "module" }',
    'global-webhooks/hook/handle.js': "const { a } = require('../../lib/a.js');\nmodule.exports = () => a;\n",
    'lib/a.js': 'exports.a = 1;\n',
    'lib/package.json': '{ "type": "module" }',
  });
  assert.deepEqual((await build(folder, { engine: 'quickjs' })).warnings, []);
});

test('a file that package.json switches off for browsers is left out', async () => {
  const folder = await folderWith({
    'package.json': '{ "browser": { "./lib/off.js": false } }',
    'lib/off.js': 'throw new Error("off");\n',
    'global-webhooks/hook/handle.js': "import '../../lib/off.js';\nexport default () => ({});\n",
  });
  assert.deepEqual((await build(folder, { engine: 'quickjs' })).warnings, []);
});

const HOOK = 'global-webhooks/hook/spec.yml';
const EVENT = 'events/happened/spec.yml';

/** A file, what is mistyped in it, and what is suggested: letters, case, plural, hyphens. */
const MISSPELLINGS = [
  ['spec.yml', 'name: Sound', 'nme: Sound', 'name'],
  ['spec.yml', 'name: Sound', 'names: Sound', 'name'],
  ['spec.yml', 'name: Sound', 'Name: Sound', 'name'],
  ['spec.yml', 'name: Sound', 'naem: Sound', 'name'],
  ['spec.yml', 'key: sound', 'kye: sound', 'key'],
  ['spec.yml', 'key: sound', 'Key: sound', 'key'],
  ['spec.yml', 'name: Sound', 'name: Sound\ndescripton: a', 'description'],
  ['spec.yml', 'name: Sound', 'name: Sound\nparameterSchema: {}', 'parametersSchema'],
  ['spec.yml', 'name: Sound', 'name: Sound\nparameters_schema: {}', 'parametersSchema'],
  ['spec.yml', 'name: Sound', 'name: Sound\nparametersschema: {}', 'parametersSchema'],
  ['spec.yml', 'name: Sound', 'name: Sound\napiHost: [a.example]', 'apiHosts'],
  ['spec.yml', 'name: Sound', 'name: Sound\napi-hosts: [a.example]', 'apiHosts'],
  ['spec.yml', 'name: Sound', 'name: Sound\nengines: quickjs', 'engine'],
  [HOOK, 'methods:', 'method:', 'methods'],
  [HOOK, 'methods:', 'Methods:', 'methods'],
  [HOOK, 'handle:', 'handler:', 'handle'],
  [HOOK, 'handle:', 'hanlde:', 'handle'],
  [HOOK, 'implementationType:', 'implementationtype:', 'implementationType'],
  [HOOK, 'implementationType:', 'implementation-type:', 'implementationType'],
  [HOOK, 'implementationType:', 'implementaionType:', 'implementationType'],
  [EVENT, 'implementationType: global', 'implementationTypes: global', 'implementationType'],
  [EVENT, 'get-event-selector:', 'get-event-selecter:', 'get-event-selector'],
  [EVENT, 'get-event-selector:', 'getEventSelectors:', 'get-event-selector'],
  [EVENT, 'methods:', 'parameterSchema: {}\nmethods:', 'parametersSchema'],
  [EVENT, 'methods:', 'scheme: {}\nmethods:', 'schema'],
  [EVENT, 'global-webhook', 'global-webhok', 'global-webhook'],
  [EVENT, 'global-webhook', 'globalWebhook', 'global-webhook'],
  [EVENT, ': javascript', ': javscript', 'javascript'],
  ['auth/spec.yml', '', 'credentialSchema: {}\n', 'credentialsSchema'],
  ['auth/make-api-client.map.yml', '', 'baseUri: https://a.example\nresponseHandler: []\n', 'responseHandlers'],
];

for (const [file, right, wrong, suggested] of MISSPELLINGS) {
  test(`a misspelling is an error: ${wrong.split('\n').filter((line) => line !== right).join(' ')} in ${file}`, async () => {
    const folder = await folderWith({ [file]: right === '' ? wrong : SOUND[file].replace(right, wrong) });
    const errors = (await check(folder)).filter(({ severity }) => severity === 'error');
    assert.equal(errors.length, 1, errors.map((each) => formatProblem(each)).join('\n'));
    assert.equal(errors[0].file, file);
    assert.ok(errors[0].remedy.startsWith(`Did you mean \`${suggested}\`?`), formatProblem(errors[0]));
  });
}
