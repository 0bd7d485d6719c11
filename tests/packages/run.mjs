/**
 * Runs every file of `work/` in Node.js and, as a connector, in the sandbox of a real host, and compares.
 * Arguments: names of files, or `--ten` for a choice of them, together in one connector; `--write` writes docs/packages.md.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, prepareNextBuild } from '../../sdk-js/src/index.js';

process.env.TZ = 'UTC';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = join(HERE, '../..');
const TARGET = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target');
const HOST = process.env.PATCHBAY_BIN ?? join(TARGET, 'debug/patchbay');
const BUNDLES = join(TARGET, 'bundles/packages');
const ENGINES = ['starlingmonkey', 'quickjs'];
/** One of each kind: streams, signatures, expressions, big tables. What is larger takes minutes to compile without optimisation. */
const TEN = ['ajv', 'bignumber.js', 'busboy', 'jsonwebtoken', 'lodash-es', 'mailparser', 'noble-curves', 'protobufjs', 'stripe', 'xml2js'];

/** What a host takes. */
const BUNDLE_BYTES_MAX = 64 << 20;
const HANDLE = `import work from '../../work/NAME.js';
export default async function handle() {
  return { response: { data: JSON.stringify(await work()) } };
}
`;

const args = process.argv.slice(2);
const all = readdirSync(join(HERE, 'work')).map((file) => file.replace(/\.js$/, ''));
const chosen = args.includes('--ten') ? TEN : args.filter((each) => !each.startsWith('--'));
const { dependencies } = JSON.parse(readFileSync(join(HERE, 'package.json'), 'utf8'));

const wanted = chosen.length > 0 ? chosen : all;
// One connector for each takes longer, and tells of each.
const groups = args.includes('--ten') ? [wanted] : wanted.map((name) => [name]);
const rows = [];
for (const group of groups) {
  const outcomes = await outcomesOf(group);
  rows.push(...group.map((name) => ({ ...aboutWork(name), outcomes })));
}
if (args.includes('--write')) writeFileSync(join(ROOT, 'docs/packages.md'), document(rows));
const failed = rows.filter(({ outcomes }) => outcomes.some((each) => each !== ''));
console.log(`${rows.length - failed.length} of ${rows.length} packages do on both engines what they do in Node.js`);
process.exitCode = failed.length > 0 ? 1 : 0;

/** @param {string} name */
function aboutWork(name) {
  const source = readFileSync(join(HERE, `work/${name}.js`), 'utf8');
  const [, what] = /^\/\/ (.+)/.exec(source);
  const package_ = [...source.matchAll(/from '([^']+)'/g)]
    .map(([, each]) => /^(@[^/]+\/)?[^/]+/.exec(each)[0])
    .find((each) => each in dependencies);
  return { name, package: package_, version: dependencies[package_], what };
}

/**
 * @param {string[]} names
 * @returns {Promise<string[]>} what went wrong on each engine; nothing if nothing did
 */
async function outcomesOf(names) {
  const folder = await connector(names);
  const outcomes = [];
  for (const engine of ENGINES) {
    const startedAt = performance.now();
    const outcome = await inSandbox(folder, names[0], engine);
    outcomes.push(outcome);
    console.log(`${outcome === '' ? 'ok    ' : 'FAILED'} ${names.join(', ')} on ${engine}, ${Math.round(performance.now() - startedAt)} ms ${outcome}`);
  }
  return outcomes;
}

/**
 * @param {string} folder
 * @param {string} name
 * @param {string} engine
 * @returns {Promise<string>}
 */
async function inSandbox(folder, name, engine) {
  const output = join(BUNDLES, `${name}.${engine}.wasm`);
  try {
    await build(folder, { engine, output });
    await prepareNextBuild(engine);
  } catch (error) {
    return `\n  ${error.message.split('\n').join('\n  ')}`;
  }
  if (!existsSync(HOST)) throw new Error(`${HOST} is not there: build the server first, or name it in PATCHBAY_BIN`);
  const { status, stdout, stderr } = spawnSync(HOST, ['test', output, join(folder, 'examples'), '--cache', join(TARGET, 'bundles'), '--quiet'], { encoding: 'utf8' });
  return status === 0 ? '' : `\n  ${(stdout + stderr).trim().split('\n').join('\n  ')}`;
}

/**
 * A connector that answers with the outcome of each work at a webhook of its own.
 * @param {string[]} names
 */
async function connector(names) {
  const folder = join(HERE, '.made', names.length === 1 ? names[0] : 'ten');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'examples'), { recursive: true });
  const write = (/** @type {string} */ file, /** @type {string} */ text) => writeFileSync(join(folder, file), text);
  write('spec.yml', 'key: work\nname: Work\n');
  // A connector imports nothing from outside of its folder but packages.
  mkdirSync(join(folder, 'work'));
  copyFileSync(join(HERE, 'keys.js'), join(folder, 'keys.js'));
  for (const name of names) {
    const key = name.replace(/\W/g, '-');
    copyFileSync(join(HERE, `work/${name}.js`), join(folder, `work/${name}.js`));
    mkdirSync(join(folder, 'global-webhooks', key), { recursive: true });
    write(`global-webhooks/${key}/spec.yml`, `key: ${key}\nname: Work\nmethods:\n  handle:\n    implementationType: javascript\n`);
    write(`global-webhooks/${key}/handle.js`, HANDLE.replace('NAME', name));
    const { default: work } = await import(pathToFileURL(join(HERE, `work/${name}.js`)).href);
    const expect = { status: 200, body: JSON.stringify(await work()) };
    write(`examples/${name}.json`, JSON.stringify({ description: `${name} does what it does in Node.js`, webhook: key, request: {}, expect }));
  }
  return folder;
}

/** @param {{ package: string, version: string, what: string, outcomes: string[] }[]} rows */
function document(rows) {
  const isLarge = (/** @type {string} */ name, /** @type {number} */ index) => statSync(join(BUNDLES, `${name}.${ENGINES[index]}.wasm`)).size > BUNDLE_BYTES_MAX;
  const cell = (/** @type {string} */ outcome, /** @type {number} */ index, /** @type {{ name: string }} */ { name }) =>
    outcome === '' ? (isLarge(name, index) ? 'yes, but large' : 'yes') : 'no';
  return [
    '# npm packages that are tried',
    '',
    'Each of these does real work in a connector, on both engines, and comes to the same as in Node.js. `scripts/packages` tries them all and writes this',
    'table. Others work too: [npm packages](connectors.md#npm-packages) says what they may use. Large: with all of the package the bundle has more than the',
    '64 MiB that a host takes unless its operator allows more.',
    '',
    '| package | version | work | StarlingMonkey | QuickJS |',
    '|---|---|---|---|---|',
    ...rows.map((each) => `| \`${each.package}\` | ${each.version} | ${each.what} | ${each.outcomes.map((outcome, index) => cell(outcome, index, each)).join(' | ')} |`),
    '',
  ].join('\n');
}
