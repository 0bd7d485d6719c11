/**
 * The SDK as a library: what the command line does, as three functions.
 * Never prints; what is to be said is returned, thrown or given to `onProgress`.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bundleCode } from './code/bundle-code.js';
import { engineNamed } from './engines.js';
import { checkSources } from './code/source-checks.js';
import { appendSection, findSection, whyNotComponent } from './component/sections.js';
import { COMPONENT } from './folder/method-files.js';
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
  const written = await write(component, text, output ?? join(folder, 'dist', `${connector.key}.wasm`), problems);
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
    throw new Error(`${file}: it is a bundle already; give the component that it was made of`);
  }
  const path = output ?? join(folder, 'dist', `${connector.key}.wasm`);
  return write(component, manifest(connector, { sdk: SDK, engine: 'external component' }), path, problems);
}

/** @param {import('./folder/read-folder.js').Connector} connector */
function refuseComponents({ webhooks, events }) {
  for (const implementation of [...webhooks.map(({ handle }) => handle), ...events.map(({ selector }) => selector)]) {
    if (implementation?.type !== COMPONENT) continue;
    implementation.spec.error(['methods'], 'this method is in a component that is built elsewhere', 'Name it: `patchbay-sdk bundle`, `test` or `push` with `--component file.wasm`.');
  }
}

/**
 * @param {string} folder
 * @param {Problems} problems
 * @param {string} [chosen] the engine, if it is not the folder that says it
 */
async function readAndBundle(folder, problems, chosen) {
  const connector = await readFolder(folder, problems);
  if (connector === undefined) return {};
  const engine = engineNamed(chosen ?? connector.engine);
  const { code, runtime, files, imports, originOf } = await bundleCode(connector, engine, problems);
  await checkSources(connector, files, imports, engine, problems);
  return { connector, engine, code, runtime, originOf };
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
  // Whoever watches the file must never see half of it.
  const unfinished = `${path}.${process.pid}.tmp`;
  await writeFile(unfinished, bytes);
  await rename(unfinished, path);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { path, size: bytes.length, sha256, manifest: JSON.parse(text), warnings: problems.sorted() };
}
