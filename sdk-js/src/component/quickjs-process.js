/**
 * Makes one component for QuickJS, in a process of its own, because the author's code runs in it. Reads from standard input
 * what it is to do: the bundled module, and where the component goes. Ends without a word if that never comes.
 *
 * The engine's large module loads the connector's code (`quickjs-engine.js`), and goes back into its place in the component
 * with the memory that it then has. It runs in a thread, because only a thread has a stack as deep as the engine needs.
 */
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';
import { readEngine } from './quickjs-engine.js';
import { withSections } from './sections.js';
import { withMemory } from './snapshot.js';

const THREAD = new URL('quickjs-thread.js', import.meta.url);
/** Twice what the engine takes before it says itself that the code recurses too deep. */
const STACK_MEBIBYTES = 32;

const engine = await readEngine();
const thread = new Worker(THREAD, { workerData: engine.module, resourceLimits: { stackSizeMb: STACK_MEBIBYTES } });
thread.unref();
try {
  const work = await text(process.stdin);
  if (work !== '') await make(JSON.parse(work));
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

/** @param {{ source: string, output: string }} work */
async function make({ source, output }) {
  const { component, sections, core } = engine;
  const folder = dirname(source);
  /** @type {[string, Buffer][]} */
  const files = [];
  for (const name of await readdir(folder)) if (name.endsWith('.js')) files.push([name, await readFile(join(folder, name))]);
  thread.ref();
  thread.postMessage({ files, main: basename(source) });
  const [memory] = await once(thread, 'message');
  const loaded = withMemory(core.content, memory);
  await writeFile(output, withSections(component, sections.map((each) => (each === core ? { ...core, content: loaded } : each))));
}
