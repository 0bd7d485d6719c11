/**
 * Makes the slowest part of the engine's tool fast:
 * - it grows its memory in thousands of small steps, each of which costs the garbage collector: here it gets it at once;
 * - it joins engine and contract anew for every build, though that is the same for every connector: here it is kept;
 * - what it makes of the contract is slow itself (`bindings.js`).
 * The tool's version is pinned; a tool without this part works as it is.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { withFastEncoding } from './bindings.js';
import { CACHE_FOLDER } from './cache.js';

/** A little more than it takes today. Memory that is not touched costs nothing. */
const MEMORY_BYTES = 600 << 20;
const EXPORT = 'local:spidermonkey-embedding-splicer/splicer#splice-bindings';

/** @param {string} witPath */
export async function prepareSplicer(witPath) {
  const tool = import.meta.resolve('@bytecodealliance/componentize-js');
  const { splicer, exports } = await load(new URL('../lib/spidermonkey-embedding-splicer.js', tool).href);
  const splice = splicer?.spliceBindings;
  if (typeof splice !== 'function') return;
  if (exports !== undefined) makeRoom(exports);
  const newest = readNewest();
  splicer.spliceBindings = (/** @type {[Uint8Array, ...unknown[]]} */ ...args) => {
    const file = join(CACHE_FOLDER, `${keyOf(witPath, args)}.splice`);
    const spliced = (newest?.file === file ? newest.spliced : read(file)) ?? write(file, splice(...args));
    return { ...spliced, jsBindings: withFastEncoding(spliced.jsBindings) };
  };
}

/**
 * The module, and the exports of the WebAssembly instance behind it.
 * @param {string} url
 */
async function load(url) {
  const { instantiate } = WebAssembly;
  /** @type {any} */
  let exports;
  WebAssembly.instantiate = /** @type {any} */ (
    async (/** @type {any[]} */ ...args) => {
      const made = /** @type {any} */ (await /** @type {Function} */ (instantiate)(...args));
      if (made.exports?.[EXPORT] !== undefined) exports = made.exports;
      return made;
    }
  );
  try {
    return { splicer: (await import(url)).splicer, exports };
  } catch {
    return {};
  } finally {
    WebAssembly.instantiate = instantiate;
  }
}

/**
 * Allocates one large piece and shrinks it again: its allocator keeps the rest for what comes.
 * @param {{ cabi_realloc?: Function }} exports
 */
function makeRoom({ cabi_realloc: reallocate }) {
  if (reallocate === undefined) return;
  const alignment = 8;
  const place = reallocate(0, 0, alignment, MEMORY_BYTES);
  reallocate(place, MEMORY_BYTES, alignment, alignment);
}

/**
 * @param {string} witPath
 * @param {[Uint8Array, ...unknown[]]} args the engine, and how it is spliced
 */
function keyOf(witPath, [engine, ...settings]) {
  const hash = createHash('sha256').update(engine).update(JSON.stringify(settings));
  for (const name of readdirSync(witPath).sort()) hash.update(`\0${name}\0`).update(readFileSync(join(witPath, name)));
  return hash.digest('hex');
}

/** Most builds need what the latest one needed. Read ahead, while there is time. */
function readNewest() {
  try {
    const files = readdirSync(CACHE_FOLDER).filter((name) => name.endsWith('.splice')).map((name) => join(CACHE_FOLDER, name));
    const [file] = files.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
    return file === undefined ? undefined : { file, spliced: read(file) };
  } catch {
    return undefined;
  }
}

/** @param {string} file */
function read(file) {
  try {
    const spliced = deserialize(readFileSync(file));
    const now = new Date();
    utimesSync(file, now, now);
    return spliced;
  } catch {
    // Missing or damaged: as if it had never been kept.
    return undefined;
  }
}

/**
 * @param {string} file
 * @param {unknown} spliced
 */
function write(file, spliced) {
  try {
    const unfinished = `${file}.${process.pid}.tmp`;
    mkdirSync(CACHE_FOLDER, { recursive: true, mode: 0o700 });
    writeFileSync(unfinished, serialize(spliced));
    renameSync(unfinished, file);
  } catch {
    // A cache that cannot be written is no reason to fail.
  }
  return spliced;
}
