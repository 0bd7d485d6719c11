/**
 * Makes one component for QuickJS, in a process of its own, because the author's code runs in it. Reads from standard input
 * what it is to do: the bundled module, and where the component goes. Ends without a word if that never comes.
 *
 * The engine (`engine/quickjs.wasm`) is a component whose only large module has loaded nothing yet. That module runs here,
 * loads the connector's code, and goes back into its place with the memory that it then has.
 */
import { randomFillSync } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { sectionsOf, withSections } from './sections.js';
import { withMemory } from './snapshot.js';

const ENGINE = new URL('../../engine/quickjs.wasm', import.meta.url);
const CORE_MODULE_SECTION = 1;
const ALIGNMENT = 8;

const engine = await readFile(ENGINE);
const sections = [...sectionsOf(engine)];
const core = largest(sections.filter(({ id }) => id === CORE_MODULE_SECTION));
const compiled = await WebAssembly.compile(Uint8Array.from(core.content));
try {
  const work = await text(process.stdin);
  if (work !== '') await make(JSON.parse(work));
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

/** @param {{ source: string, output: string }} work */
async function make({ source, output }) {
  const folder = dirname(source);
  /** @type {[string, Buffer][]} */
  const files = [];
  for (const name of await readdir(folder)) if (name.endsWith('.js')) files.push([name, await readFile(join(folder, name))]);
  const loaded = withMemory(core.content, load(files, basename(source)));
  await writeFile(output, withSections(engine, sections.map((each) => (each === core ? { ...core, content: loaded } : each))));
}

/**
 * The engine's memory after it has loaded the code.
 * @param {[string, Buffer][]} files
 * @param {string} main
 */
function load(files, main) {
  const { exports } = new WebAssembly.Instance(compiled, imports(() => exports));
  const { memory, cabi_realloc: allocate, ...engine } = /** @type {any} */ (exports);
  const put = (/** @type {Uint8Array} */ bytes) => {
    const place = allocate(0, 0, ALIGNMENT, bytes.length + 1);
    const room = new Uint8Array(memory.buffer, place, bytes.length + 1);
    room.set(bytes);
    room[bytes.length] = 0;
    return place;
  };
  for (const [name, bytes] of files) engine['add-module'](put(Buffer.from(name)), put(bytes), bytes.length);
  const complaint = engine.start(put(Buffer.from(main)));
  if (complaint !== 0) throw new Error(`module evaluation: ${textAt(memory, complaint)}`);
  return new Uint8Array(memory.buffer);
}

/**
 * What the engine can call while there is no host: the time, random numbers, and a log, which is the terminal of the build.
 * @param {() => any} instance
 * @returns {WebAssembly.Imports}
 */
function imports(instance) {
  const view = () => new DataView(instance().memory.buffer);
  /** @type {Record<string, Record<string, Function>>} */
  const there = {
    'wasi:clocks/wall-clock@0.2.0': {
      now: (/** @type {number} */ result) => {
        const now = Date.now();
        view().setBigUint64(result, BigInt(Math.floor(now / 1000)), true);
        view().setUint32(result + 8, (now % 1000) * 1e6, true);
      },
    },
    'wasi:random/random@0.2.0': {
      'get-random-bytes': (/** @type {bigint} */ count, /** @type {number} */ result) => {
        const place = instance().cabi_realloc(0, 0, 1, Number(count));
        randomFillSync(new Uint8Array(instance().memory.buffer, place, Number(count)));
        view().setUint32(result, place, true);
        view().setUint32(result + 4, Number(count), true);
      },
    },
    'patchbay:connector/log@0.1.0': {
      write: (/** @type {number} */ _level, /** @type {number} */ start, /** @type {number} */ length) =>
        process.stdout.write(`${Buffer.from(instance().memory.buffer, start, length)}\n`),
    },
  };
  /** @type {any} */
  const all = {};
  for (const { module, name } of WebAssembly.Module.imports(compiled)) {
    all[module] ??= {};
    all[module][name] = there[module]?.[name] ?? (() => {
      throw new Error(`unknown import: \`${module}#${name}\` has not been defined`);
    });
  }
  return all;
}

/**
 * @param {WebAssembly.Memory} memory
 * @param {number} start
 */
function textAt({ buffer }, start) {
  const bytes = Buffer.from(buffer, start);
  return bytes.toString('utf8', 0, bytes.indexOf(0));
}

/** @param {{ id: number, content: Buffer }[]} modules */
function largest(modules) {
  return modules.reduce((a, b) => (b.content.length > a.content.length ? b : a));
}
