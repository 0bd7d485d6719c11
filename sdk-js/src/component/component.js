/**
 * Builds a WebAssembly component from bundled JavaScript, or returns the cached one for the same input.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MODULE_NAME } from '../code/bundle-code.js';
import { readCached, writeCached } from './cache.js';
import { explainFailure } from './explain-failure.js';
import { keepReady, runTool } from './tool-process.js';

const TICK_MS = 1000;
const SDK_ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The source of the SDK's own engine. @type {{ version: string, sha256: string }} */
const OWN_ENGINE = JSON.parse(readFileSync(join(SDK_ROOT, 'engine/quickjs.json'), 'utf8'));

/** @typedef {import('../engines.js').Engine} Engine */

/**
 * The tool that builds components from JavaScript, with its version.
 * @param {Engine} engine
 */
export function toolOf({ tool }) {
  return tool === undefined ? OWN_ENGINE.version : `${tool.split('/').at(-1)} ${versionOf(tool)}`;
}

/**
 * @param {string} code
 * @param {Record<string, string>} runtime files that it imports
 * @param {Engine} engine
 * @param {(step: string, elapsedMs: number) => void} onProgress
 * @param {(file: string) => import('../code/origin.js').Origin | undefined} originOf where a file of a package came in
 * @returns {Promise<Buffer>}
 */
export async function makeComponent(code, runtime, engine, onProgress, originOf) {
  const wit = witFolder();
  const key = await cacheKey([code, ...Object.values(runtime)], engine, wit);
  const cached = await readCached(key);
  if (cached !== undefined) {
    onProgress('component: unchanged, taken from the cache', 0);
    return cached;
  }
  const component = await componentize(code, runtime, engine, wit, onProgress, (complaint) => explainFailure(complaint, code, originOf));
  await writeCached(key, component);
  return component;
}

/**
 * Loads the tool ahead of the next build.
 * @param {Engine} engine
 */
export function prepareNext(engine) {
  keepReady(programOf(engine, witFolder()));
}

/**
 * @param {string} code
 * @param {Record<string, string>} runtime
 * @param {Engine} engine
 * @param {string} wit
 * @param {(step: string, elapsedMs: number) => void} onProgress
 * @param {(complaint: string) => string} explain
 */
async function componentize(code, runtime, engine, wit, onProgress, explain) {
  const work = await mkdtemp(join(tmpdir(), 'patchbay-sdk-'));
  const source = join(work, MODULE_NAME);
  const output = join(work, 'component.wasm');
  const startedAt = performance.now();
  const tick = () => onProgress('snapshot of the loaded code', performance.now() - startedAt);
  const ticking = setInterval(tick, TICK_MS);
  tick();
  try {
    for (const [name, text] of Object.entries({ [MODULE_NAME]: code, ...runtime })) await writeFile(join(work, name), text);
    const printed = (/** @type {string} */ text) => onProgress(`printed at module level: ${text}`, 0);
    await runTool(programOf(engine, wit), { source, output }, printed).catch((error) => {
      throw new Error(explain(error.message));
    });
    return await readFile(output);
  } finally {
    clearInterval(ticking);
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * @param {Engine} engine
 * @param {string} wit
 */
function programOf(engine, wit) {
  return [join(SDK_ROOT, engine.process), wit];
}

/**
 * @param {readonly string[]} code
 * @param {Engine} engine
 * @param {string} wit
 */
async function cacheKey(code, engine, wit) {
  const hash = createHash('sha256').update(`${toolOf(engine)}\0${engine.tool === undefined ? OWN_ENGINE.sha256 : ''}\0`);
  // The files beside the process define how a component is built, so a change to them must not hit the cache.
  for (const [folder, ending] of [[wit, '.wit'], [dirname(join(SDK_ROOT, engine.process)), '.js']]) {
    for (const name of (await readdir(folder)).filter((each) => each.endsWith(ending)).sort()) {
      hash.update(await readFile(join(folder, name))).update('\0');
    }
  }
  return hash.update(code.join('\0')).digest('hex');
}

/** The contract is inside the published package, and beside the SDK in the repository. */
function witFolder() {
  const [inside, beside] = ['../../wit', '../../../wit'].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  return existsSync(inside) ? inside : beside;
}

/** @param {string} name */
function versionOf(name) {
  let folder = dirname(fileURLToPath(import.meta.resolve(name)));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version;
}
