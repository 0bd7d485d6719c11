import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { bundleCode } from '../src/code/bundle-code.js';
import { engineNamed } from '../src/engines.js';
import { readFolder } from '../src/folder/read-folder.js';
import { build, check } from '../src/index.js';
import { formatProblem, Problems } from '../src/problems.js';
import { folderWith, SOUND } from './support/folders.js';
import { runCode, webhookRequest } from './support/run-code.js';

const HANDLE = 'global-webhooks/hook/handle.js';
const SEED = fileURLToPath(new URL('../../sample-connectors/seed-example', import.meta.url));

/** A folder whose handler imports a package with these files. */
function withPackage(files, handle = "import * as used from 'used';\nexport default async () => ({ response: { data: await used.default() } });\n") {
  const package_ = Object.fromEntries(Object.entries(files).map(([name, text]) => [`node_modules/used/${name}`, text]));
  return folderWith({ [HANDLE]: handle, 'node_modules/used/package.json': '{"name":"used","main":"index.js"}', ...package_ });
}

async function answerOf(folder) {
  const { handle } = await runCode(folder);
  const { val } = await handle(webhookRequest());
  return val.response === undefined ? val : new TextDecoder().decode(val.response.body);
}

test('modules of node do their work in a bundle: streams, zlib, events, util, url, querystring, path, assert', async () => {
  const folder = await withPackage({
    'index.js': `
const { pipeline, Readable, Transform } = require('stream');
const { promisify, inherits, isDeepStrictEqual, format, types } = require('node:util');
const EventEmitter = require('events'), zlib = require('zlib'), url = require('url'), path = require('path'), assert = require('assert');
const { StringDecoder } = require('string_decoder');
function Old() { EventEmitter.call(this); }
inherits(Old, EventEmitter);
module.exports = async () => {
  const parts = [];
  const up = new Transform({ transform(chunk, _, callback) { callback(null, chunk.toString().toUpperCase()); } });
  up.on('data', (chunk) => parts.push(chunk.toString()));
  await promisify(pipeline)(Readable.from(['a', 'b']), up);
  const old = new Old();
  const heard = EventEmitter.once(old, 'x');
  old.emit('x', 5);
  const packed = zlib.gzipSync('text '.repeat(50));
  const inflated = await new Promise((resolve, reject) => {
    const found = [];
    Readable.from([packed.subarray(0, 9), packed.subarray(9)]).pipe(zlib.createGunzip()).on('data', (each) => found.push(each)).on('end', () => resolve(Buffer.concat(found).length)).on('error', reject);
  });
  const decoder = new StringDecoder('utf8');
  return [
    parts.join(''), (await heard)[0], inflated, zlib.inflateSync(zlib.deflateSync('x')).toString(), codeOf(() => zlib.gunzipSync(Buffer.from('no gzip at all'))),
    url.parse('https://a.example:8/p?q=1#h').pathname, require('querystring').parse('a=1&a=2').a.length, path.join('/a', '../b'),
    isDeepStrictEqual({ a: [1] }, { a: [1] }), format('%s %d', 'x', 1), types.isDate(new Date()), decoder.write(Buffer.from([0xc3])) + decoder.write(Buffer.from([0xbc])),
    codeOf(() => assert.strictEqual(1, 2)), require('net').isIP('::1'),
  ];
};
function codeOf(run) { try { run(); } catch (error) { return error.code; } }
`,
  });
  assert.deepEqual(JSON.parse(await answerOf(folder)), [
    'AB', 5, 250, 'x', 'Z_DATA_ERROR', '/p', 2, '/b', true, 'x 1', true, 'ü', 'ERR_ASSERTION', 6,
  ]);
});

test('what needs sockets or files may be imported, and fails when it is called', async () => {
  const folder = await withPackage({
    'index.js': `
const http = require('http'), fs = require('fs');
class Mine extends http.ClientRequest {}
const agent = new http.Agent({ keepAlive: true });
module.exports = () => [http.STATUS_CODES[404], typeof fs.promises.readFile, agent.options.keepAlive, said(() => http.request('http://a')), said(() => fs.readFileSync('x'))].join('|');
function said(run) { try { run(); } catch (error) { return error.message; } }
`,
  });
  assert.equal(
    await answerOf(folder),
    'Not Found|function|true|`request` of node:http is not available to connectors: there are no sockets in the sandbox, and requests go through `apiClient`, which get-event-selector is given'
      + '|`readFileSync` of node:fs is not available to connectors: there are no files in the sandbox. Import what the code needs, so that it is in the bundle',
  );
});

test('a package may switch a module of node off, or name another for it', async () => {
  const folder = await withPackage({
    'package.json': '{"name":"used","main":"index.js","browser":{"stream":false,"zlib":"./mine.js"}}',
    'index.js': "module.exports = () => [Object.keys(require('stream')).length, require('zlib').mine];\n",
    'mine.js': 'exports.mine = 1;\n',
  });
  assert.equal(await answerOf(folder), '[0,1]');
});

test('what a package asks for in vain it can do without, if it asks with care', async () => {
  const folder = await withPackage({
    'index.js': `
let found = '';
try { require('absent-one'); } catch (error) { found += error.code; }
const later = () => require('absent-two');
module.exports = async () => [found, await import('absent-three').catch(() => 'caught'), typeof later];
`,
  });
  assert.deepEqual(await check(folder).then((all) => all.map((each) => formatProblem(each))), []);
  assert.equal(await answerOf(folder), '["MODULE_NOT_FOUND","caught","function"]');
});

test('what a package cannot do without is told at the import of the author, with the name of the package', async () => {
  const folder = await withPackage({ 'index.js': "export { default } from './inner.js';\n", 'inner.js': "import absent from 'absent';\nexport default absent;\n" }, "\nimport used from 'used';\nexport default used;\n");
  const [line] = (await check(folder)).map((each) => formatProblem(each));
  assert.equal(line, `${HANDLE}:2: the package \`used\`: Could not resolve "absent" (node_modules/used/inner.js:1). Correct the path, or install the package with npm.`);
});

test('a package that fails while it is loaded is told at the import of the author', async () => {
  const folder = await withPackage({ 'index.js': 'module.exports = undefined.x;\n' });
  await assert.rejects(build(folder, { engine: 'quickjs' }), {
    message: /^global-webhooks\/hook\/handle\.js:1: the package `used` cannot be loaded: TypeError: cannot read property 'x' of undefined \(node_modules\/used\/index\.js:1:\d+\)$/,
  });
});

for (const engine of ['starlingmonkey', 'quickjs']) {
  test(`a bundle brings nothing that its code does not name, on ${engine}`, async () => {
    const connector = await readFolder(SEED, new Problems());
    const { code } = await bundleCode(connector, engineNamed(engine), new Problems());
    // The first statements are the imports of the bundle itself: no polyfill stands before them.
    assert.match(code, /^(var|import)\b/);
    assert.ok(!code.includes('patchbay-sdk:node/'), 'no module of node');
    assert.ok(code.length < 130_000, `${code.length} characters`);
  });
}

test('languages are those of the author and of spec.yml', async () => {
  const handle = "export default () => ({ response: { data: (1.5).toLocaleString('de-DE') } });\n";
  const folder = await folderWith({ [HANDLE]: handle, 'spec.yml': `${SOUND['spec.yml']}locales: [fr]\n` });
  const { code } = await bundleCode(await readFolder(folder, new Problems()), engineNamed(), new Problems());
  assert.deepEqual(['de', 'en', 'fr', 'ja'].map((each) => code.includes(`new Intl.DateTimeFormat("${each}")`)), [true, true, true, false]);
  const lines = (await check(await folderWith({ 'spec.yml': `${SOUND['spec.yml']}locales: [xx, de]\n` }))).map((each) => formatProblem(each));
  assert.deepEqual(lines, ['spec.yml:3: there is no language the text "xx". Write its tag: `de`, `pt-PT`. Quote `no`, which YAML takes for false.']);
});
