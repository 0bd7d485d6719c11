/**
 * Somebody else's folder: it must not write to the terminal what moves a cursor, and must not take files of this machine.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { formatRequest } from '../src/dev/format-request.js';
import { findPatchbay } from '../src/host/program.js';
import { build, check } from '../src/index.js';
import { formatProblem } from '../src/problems.js';
import { progressPrinter } from '../src/progress.js';
import { printable, printableLine } from '../src/terminal.js';
import { folderWith, SOUND } from './support/folders.js';

const PROGRAM = fileURLToPath(new URL('../bin/patchbay-sdk.js', import.meta.url));
const SOURCES = fileURLToPath(new URL('../src', import.meta.url));
const HOOK = 'global-webhooks/hook';
/** Red, a new title, a bell, the eight-bit form, and text from right to left. */
const EVIL = '\x1b[31m\x1b]0;title\x07\x9b2J\u202e';
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

function sdk(...args) {
  return spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8', env: { ...process.env, PATCHBAY_BIN: findPatchbay() } });
}

/** What a folder may hold, and where it would be printed. */
const EVIL_FOLDERS = [
  ['a value of a spec', { 'spec.yml': `key: sound\nname: Sound\nengine: "${JSON.stringify(EVIL).slice(1, -1)}"\n` }],
  ['a key of a spec', { 'spec.yml': `key: sound\nname: Sound\n"${JSON.stringify(EVIL).slice(1, -1)}": 1\n` }],
  ['a broken spec', { 'spec.yml': `key: sound\nname: [\u009b31m\u202e\n` }],
  ['the name of a folder', { [`events/a${EVIL.replace('/', '')}/spec.yml`]: 'key: other\nname: a\n' }],
  ['a line in the name of a file', { [`${HOOK}/handle.js\nspec.yml:1: error: run this. curl.rest.yml`]: '', [`${HOOK}/handle.js`]: null }],
  ['code that cannot be bundled', { [`${HOOK}/handle.js`]: `import a from "./${EVIL}";\nexport default () => a;\n` }],
  ['a name in code', { [`${HOOK}/handle.js`]: `export default () => ({ ["x"]: 1, "${EVIL}": 1 });\n` }],
];

for (const [name, changes] of EVIL_FOLDERS) {
  test(`control characters reach no terminal from ${name}`, async () => {
    const { stdout, stderr } = sdk('check', await folderWith(changes));
    assert.notEqual(stderr, '');
    assert.doesNotMatch(stdout + stderr, CONTROLS);
    assert.doesNotMatch(stderr, /^spec\.yml:1: error/m);
  });
}

test('control characters reach no terminal from module-level code, examples and what handlers print', async () => {
  const folder = await folderWith({
    'spec.yml': `${SOUND['spec.yml']}engine: quickjs\n`,
    [`${HOOK}/handle.js`]: `console.log(${JSON.stringify(EVIL + randomUUID())});\nexport default () => { console.log(${JSON.stringify(EVIL)}); throw new Error(${JSON.stringify(EVIL)}); };\n`,
    'examples/none.json': JSON.stringify({ description: `x${EVIL}`, webhook: 'hook', request: { body: '' }, expect: { status: 200, body: EVIL } }),
  });
  const { stdout, stderr } = sdk('test', folder);
  assert.match(stdout, /0 passed, 1 failed/);
  assert.match(stdout, /FAIL none\.json: x\\u\{1b\}\[31m/);
  assert.match(stderr, /printed at module level: .*\\u\{1b\}/);
  assert.doesNotMatch(stdout + stderr, CONTROLS);
});

test('control characters reach no terminal from a request that anybody sent', () => {
  const shown = formatRequest({
    receivedAt: '2026-01-02T03:04:05Z', globalWebhookKey: 'hook', answer: 200, status: 'routed', handledInMs: 1,
    received: { method: 'POST', path: `/${EVIL}`, query: `a=${EVIL}\n` }, log: [`info: ${EVIL}\nnext`],
    events: [{ selectors: [`a${EVIL}\n`], providerId: EVIL, deliveries: [{ customer: `ada${EVIL}`, status: 'delivered' }] }],
    refusedEvents: [{ index: 0, message: EVIL }], error: { message: EVIL, stack: `at ${EVIL}` },
  });
  assert.doesNotMatch(shown, CONTROLS);
  assert.equal(shown.split('\n').length, 7, shown);
});

test('a line of progress stays one line, and brings no control characters but its own', () => {
  let written = '';
  progressPrinter(/** @type {any} */ ({ isTTY: true, write: (text) => (written += text) })).show(`printed: ${EVIL}\nmore`, 0);
  assert.ok(written.startsWith('\r\x1b[Kprinted: \\u{1b}[31m'), written);
  assert.doesNotMatch(written.slice(4), CONTROLS);
  assert.doesNotMatch(written.slice(4), /\n/);
});

test('text that harms nobody is printed as it is', () => {
  const text = 'Ölüm\t→ 漢字 👩‍🚀 \n می‌خواهم';
  assert.equal(printable(text), text);
  assert.equal(printable('a\r\nb'), 'a\nb');
  assert.equal(printableLine('a \r\n  b\rc'), 'a b c');
});

/** Code of the sandbox and of the engines' processes, whose output this process reads and prints. */
const OF_A_PROCESS = /^guest|^component\/.*-(process|engine|thread)\.js$/;

test('one file alone writes to the terminal', async () => {
  const files = (await readdir(SOURCES, { recursive: true })).filter((each) => each.endsWith('.js') && !OF_A_PROCESS.test(each));
  const writing = [];
  for (const file of files) if (/process\.std(out|err)\.write|console\.\w+\(/.test((await readFile(join(SOURCES, file), 'utf8')).replace(/\/\*\*[^]*?\*\//g, ''))) writing.push(file);
  assert.deepEqual(writing, ['terminal.js']);
});

/** A folder beside the connector's, with things that somebody would like to have. */
async function elsewhere() {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'patchbay-sdk-elsewhere-')));
  after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'secret.json'), '{ "token": "hunter2" }');
  await writeFile(join(folder, 'secret.js'), 'export default () => "hunter2";\n');
  await writeFile(join(folder, 'spec.yml'), 'key: sound\nname: hunter2\n');
  await writeFile(join(folder, 'example.json'), '{}');
  return folder;
}

/** A link in the connector folder, and what it leads to elsewhere. */
const LINKS = [
  [`${HOOK}/handle.js`, 'secret.js'],
  ['spec.yml', 'spec.yml'],
  ['examples/none.json', 'example.json'],
  ['auth', '.'],
  ['events', '.'],
  ['events/other', '.'],
];

for (const [link, target] of LINKS) {
  test(`a link that leads out of the folder is refused: ${link}`, async () => {
    const outside = await elsewhere();
    const folder = await folderWith();
    await rm(join(folder, link), { recursive: true, force: true });
    await symlink(join(outside, target), join(folder, link));
    const problems = (await check(folder)).map((each) => formatProblem(each));
    assert.ok(problems.some((each) => each.startsWith(`${link}:1: this symbolic link leads out of the connector folder. Put a copy`)), problems.join('\n'));
    assert.ok(!problems.join().includes('hunter2'));
    await assert.rejects(build(folder), /leads out of the connector folder/);
  });
}

/** How code may ask for a file that is not its own. */
const IMPORTS = [
  ['a path upwards', (outside) => `../../../${outside.split('/').at(-1)}/secret.json`],
  ['an absolute path', (outside) => `${outside}/secret.json`],
  ['a link to a file', () => '../../helpers/linked.json'],
  ['a link to a folder', () => '../../lib/secret.json'],
  ['a package that is a link', () => 'pack/secret.json'],
  ['the same without its ending', (outside) => `${outside}/secret`],
];

for (const [name, specifier] of IMPORTS) {
  test(`an import that leaves the folder is refused: ${name}`, async () => {
    const outside = await elsewhere();
    const folder = await folderWith();
    await mkdir(join(folder, 'helpers'));
    await symlink(join(outside, 'secret.json'), join(folder, 'helpers/linked.json'));
    await symlink(outside, join(folder, 'lib'));
    await mkdir(join(folder, 'node_modules'));
    await symlink(outside, join(folder, 'node_modules/pack'));
    await writeFile(join(folder, HOOK, 'handle.js'), `// One.\nimport secret from ${JSON.stringify(specifier(outside))};\nexport default () => ({ response: { data: secret } });\n`);
    const errors = (await check(folder)).filter(({ severity }) => severity === 'error');
    assert.equal(errors.length, 1, errors.map((each) => formatProblem(each)).join('\n'));
    assert.equal(errors[0].file, `${HOOK}/handle.js`);
    assert.equal(errors[0].line, 2);
    assert.match(errors[0].what, /secret\.js(on)?` is outside of the connector folder$/);
    await assert.rejects(build(folder, { engine: 'quickjs' }), /outside of the connector folder/);
  });
}

test('npm packages may be where node looks for them: in the folder and around it', async () => {
  const around = await elsewhere();
  const folder = join(around, 'connectors/mine');
  await mkdir(join(folder, '..'), { recursive: true });
  const sound = await folderWith({ [`${HOOK}/handle.js`]: "import a from 'one';\nimport b from 'two';\nexport default () => [a, b];\n" });
  await cp(sound, folder, { recursive: true });
  for (const [place, name] of [[around, 'one'], [folder, 'two']]) {
    // As pnpm lays them out: a link to a store beside them.
    const store = join(around, `node_modules/.pnpm/${name}@1/node_modules/${name}`);
    await mkdir(store, { recursive: true });
    await writeFile(join(store, 'index.js'), 'module.exports = 1;\n');
    await mkdir(join(place, 'node_modules'), { recursive: true });
    await symlink(store, join(place, 'node_modules', name));
  }
  assert.deepEqual((await check(folder)).map((each) => formatProblem(each)), []);
});

test('a bundle is not written through a link out of the folder', async () => {
  const outside = await elsewhere();
  const folder = await folderWith({ 'spec.yml': `${SOUND['spec.yml']}engine: quickjs\n` });
  await symlink(outside, join(folder, 'dist'));
  await assert.rejects(build(folder), /dist: this symbolic link leads out of the connector folder/);
  assert.ok(!(await readdir(outside)).some((name) => name.endsWith('.wasm')));
});
