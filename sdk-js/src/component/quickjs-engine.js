/**
 * The QuickJS engine (`engine/quickjs.wasm`): a component whose only large module has loaded nothing yet. That module runs
 * here, loads the connector's code, and leaves the memory that it then has.
 */
import { randomFillSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { sectionsOf } from './sections.js';

const ENGINE = new URL('../../engine/quickjs.wasm', import.meta.url);
const CORE_MODULE_SECTION = 1;
const ALIGNMENT = 8;

/** The component, its sections, the one with the large module, and that module, compiled. */
export async function readEngine() {
  const component = await readFile(ENGINE);
  const sections = [...sectionsOf(component)];
  const core = largest(sections.filter(({ id }) => id === CORE_MODULE_SECTION));
  return { component, sections, core, module: await WebAssembly.compile(Uint8Array.from(core.content)) };
}

/**
 * The engine's memory after it has loaded the code.
 * @param {WebAssembly.Module} module
 * @param {[name: string, bytes: Uint8Array][]} files
 * @param {string} main
 */
export function memoryAfterLoading(module, files, main) {
  const exports = instantiate(module);
  const text = (/** @type {string} */ name) => put(exports, Buffer.from(name));
  for (const [name, bytes] of files) exports['add-module'](text(name), put(exports, bytes), bytes.length);
  const complaint = exports.start(text(main));
  if (complaint !== 0) throw new Error(`module evaluation: ${textAt(exports.memory, complaint)}`);
  return new Uint8Array(exports.memory.buffer);
}

/**
 * The exports of a new instance. It can call what there is without a host: the time, random numbers, and a log, which is
 * the terminal of the build.
 * @param {WebAssembly.Module} module
 * @returns {any}
 */
export function instantiate(module) {
  /** @type {any} */
  const { exports } = new WebAssembly.Instance(module, importsOf(module, () => exports));
  return exports;
}

/**
 * Copies bytes into the memory of an instance, with a zero after them.
 * @param {any} exports
 * @param {Uint8Array} bytes
 * @returns {number} where they are
 */
export function put(exports, bytes) {
  const start = exports.cabi_realloc(0, 0, ALIGNMENT, bytes.length + 1);
  const target = new Uint8Array(exports.memory.buffer, start, bytes.length + 1);
  target.set(bytes);
  target[bytes.length] = 0;
  return start;
}

/**
 * @param {WebAssembly.Module} module
 * @param {() => any} instance
 * @returns {WebAssembly.Imports}
 */
function importsOf(module, instance) {
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
        const start = instance().cabi_realloc(0, 0, 1, Number(count));
        randomFillSync(new Uint8Array(instance().memory.buffer, start, Number(count)));
        view().setUint32(result, start, true);
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
  for (const { module: where, name } of WebAssembly.Module.imports(module)) {
    all[where] ??= {};
    all[where][name] = there[where]?.[name] ?? (() => {
      throw new Error(`unknown import: \`${where}#${name}\` has not been defined`);
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
