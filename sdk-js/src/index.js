/**
 * The SDK as a library: the commands `check`, `build` and `bundle` as functions.
 * Never prints: results are returned, errors are thrown, and progress is passed to `onProgress`.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bundleCode } from './code/bundle-code.js';
import { engineNamed } from './engines.js';
import { checkSources } from './code/source-checks.js';
import { appendSection, findSection, whyNotComponent } from './component/sections.js';
import { isInside } from './folder/list.js';
import { COMPONENT } from './folder/method-files.js';
import { refuseOutside } from './folder/outside.js';
import { readFolder } from './folder/read-folder.js';
import { manifest, MANIFEST_SECTION } from './manifest.js';
import { CheckError, Problems } from './problems.js';

export { CheckError };

const { name, version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
const SDK = `${name} ${version}`;
/** What a host takes unless its operator allows more. */
const BUNDLE_BYTES_MAX = 64 << 20;

/** @type {typeof import('../types/sdk.js').check} */
export async function check(folder) {
  const problems = new Problems();
  await readAndBundle(folder, problems);
  return problems.sorted();
}

/** @type {typeof import('../types/sdk.js').build} */
export async function build(folder, { output, engine: chosen, onProgress = () => undefined } = {}) {
  const problems = new Problems();
  onProgress('check', 0);
  const { connector, engine, code, runtime = {}, originOf = () => undefined } = await readAndBundle(folder, problems, chosen);
  if (connector !== undefined) refuseComponents(connector);
  if (problems.hasErrors || connector === undefined || engine === undefined || code === undefined) throw new CheckError(problems.sorted());
  const { makeComponent, toolOf } = await import('./component/component.js');
  const component = await makeComponent(code, runtime, engine, onProgress, originOf);
  const text = manifest(connector, { sdk: SDK, engine: toolOf(engine) });
  const written = await write(component, text, output ?? (await usualOutput(folder, connector.key)), problems);
  return { ...written, engine: engine.name };
}

/** @type {typeof import('../types/sdk.js').prepareNextBuild} */
export async function prepareNextBuild(engine) {
  const { prepareNext } = await import('./component/component.js');
  prepareNext(engineNamed(engine));
}

/** @type {typeof import('../types/sdk.js').bundle} */
export async function bundle(folder, { component: file, output }) {
  const problems = new Problems();
  const connector = await readFolder(folder, problems, { isComponentGiven: true });
  if (problems.hasErrors || connector === undefined) throw new CheckError(problems.sorted());
  const component = await readFile(file);
  const why = whyNotComponent(component);
  if (why !== undefined) throw new Error(`${file}: ${why}`);
  if (findSection(component, MANIFEST_SECTION) !== undefined) {
    throw new Error(`${file}: it is a bundle already; pass the component that it was built from`);
  }
  const path = output ?? (await usualOutput(folder, connector.key));
  return write(component, manifest(connector, { sdk: SDK, engine: 'external component' }), path, problems);
}

/** @param {import('./folder/read-folder.js').Connector} connector */
function refuseComponents({ webhooks, events }) {
  for (const implementation of [...webhooks.map(({ handle }) => handle), ...events.map(({ selector }) => selector)]) {
    if (implementation?.type !== COMPONENT) continue;
    implementation.spec.error(['methods'], 'this method is in a component that is built by other tools', 'Pass it with `--component file.wasm` to `patchbay-sdk bundle`, `test` or `push`.');
  }
}

/**
 * @param {string} folder
 * @param {Problems} problems
 * @param {string} [chosen] the engine, instead of that of the folder
 */
async function readAndBundle(folder, problems, chosen) {
  const connector = await readFolder(folder, problems);
  if (connector === undefined) return {};
  const engine = engineNamed(chosen ?? connector.engine);
  const { code, runtime, files, imports, originOf } = await bundleCode(connector, engine, problems);
  await refuseOutside(connector.root, imports ?? {}, problems);
  await checkSources(connector, files, imports, engine, problems);
  return { connector, engine, code, runtime, originOf };
}

/**
 * @param {string} folder
 * @param {string} key
 */
async function usualOutput(folder, key) {
  const isThere = await stat(join(folder, 'dist')).then(() => true, () => false);
  if (isThere && !(await isInside(folder, 'dist'))) throw new Error(`${join(folder, 'dist')}: this symbolic link leads out of the connector folder. Delete it, or name another file with \`-o\`.`);
  return join(folder, 'dist', `${key}.wasm`);
}

/**
 * @param {Uint8Array} component
 * @param {string} text the manifest
 * @param {string} path
 * @param {Problems} problems
 * @returns {Promise<import('../types/sdk.js').Bundle>}
 */
async function write(component, text, path, problems) {
  const bytes = appendSection(component, MANIFEST_SECTION, text);
  if (bytes.length > BUNDLE_BYTES_MAX) {
    problems.warn('spec.yml', 1, `the bundle has ${Math.ceil(bytes.length / 2 ** 20)} MiB, and a host takes 64 MiB unless its operator allows more`, 'Use `engine: quickjs`, or import less of a large package.');
  }
  await mkdir(dirname(path), { recursive: true });
  // Renamed when complete, so that nobody reads a partial file.
  const unfinished = `${path}.${randomUUID()}.tmp`;
  await writeFile(unfinished, bytes, { flag: 'wx' });
  await rename(unfinished, path);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { path, size: bytes.length, sha256, manifest: JSON.parse(text), warnings: problems.sorted() };
}
