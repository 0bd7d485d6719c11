/**
 * Runs code on the QuickJS engine alone: without the SDK's part of a bundle, without a host.
 */
import { instantiate, memoryAfterLoading, put, readEngine } from '../../src/component/quickjs-engine.js';
import { leb128, readLeb128, sectionsOf, withSections } from '../../src/component/sections.js';
import { withMemory } from '../../src/component/snapshot.js';

const PAGE_BYTES = 65_536;
const MEMORY_SECTION = 5;
const engine = await readEngine();

/** Answers a call with what `run` gives, as text. */
const CALLED = `
export async function getEventSelector({ eventKey }) {
  try {
    return { tag: 'ok', val: { globalWebhookKey: String(await run(eventKey)), globalWebhookEventSelector: '' } };
  } catch (error) {
    return { tag: 'err', val: { name: String(error?.name), message: String(error?.message ?? error) } };
  }
}
export const runNextTimer = () => false;
`;

/**
 * Loads a module that declares a function `run`, and keeps the memory. Each call begins with it, in an instance of its own.
 * @param {string} source
 */
export function snapshotOf(source) {
  const memory = memoryAfterLoading(engine.module, [['main.js', Buffer.from(`${source}\n${CALLED}`)]], 'main.js');
  return { memory, call: (argument = '') => called(startedWith(memory), argument) };
}

/**
 * The module of a bundle with that memory, which hosts let grow up to a limit.
 * @param {Uint8Array} memory
 * @param {number} [bytesMax]
 */
export function bundled(memory, bytesMax) {
  const whole = withMemory(engine.core.content, memory);
  const module = new WebAssembly.Module(bytesMax === undefined ? whole : bounded(whole, bytesMax));
  return { call: (argument = '') => called(instantiate(module), argument) };
}

/**
 * An instance that stands where the memory was taken. Quicker than compiling the module of a bundle.
 * @param {Uint8Array} memory
 */
function startedWith(memory) {
  const exports = instantiate(engine.module);
  exports.memory.grow((memory.length - exports.memory.buffer.byteLength) / PAGE_BYTES);
  new Uint8Array(exports.memory.buffer).set(memory);
  return exports;
}

/**
 * Calls `run`: its result, or the failure as `name: message`, which is thrown.
 * @param {any} exports
 * @param {string} argument
 * @returns {string}
 */
function called(exports, argument) {
  const given = Buffer.from(argument);
  const texts = [given, Buffer.of(), Buffer.of(), Buffer.of()].flatMap((text) => [put(exports, text), text.length]);
  const result = exports['get-event-selector'](...texts);
  const view = new DataView(exports.memory.buffer);
  const textAt = (/** @type {number} */ place) =>
    Buffer.from(exports.memory.buffer, view.getUint32(place, true), view.getUint32(place + 4, true)).toString();
  if (view.getUint8(result) === 0) return textAt(result + 4);
  throw new Error(`${textAt(result + 4)}: ${textAt(result + 12)}`);
}

/**
 * The module with an upper limit for its memory.
 * @param {Uint8Array} module
 * @param {number} bytesMax
 */
function bounded(module, bytesMax) {
  const limited = (/** @type {Buffer} */ section) => {
    const { value: pages } = readLeb128(section, 2);
    return Buffer.concat([Buffer.of(1, 1), leb128(pages), leb128(bytesMax / PAGE_BYTES)]);
  };
  const sections = [...sectionsOf(module)].map(({ id, content }) => ({ id, content: id === MEMORY_SECTION ? limited(content) : content }));
  return withSections(module, sections);
}
