/**
 * Makes one component for QuickJS, in a process of its own, because the author's code runs in it. Reads from standard input
 * what it is to do: the bundled module, and where the component goes. Ends without a word if that never comes.
 *
 * The engine's large module loads the connector's code (`quickjs-engine.js`), and goes back into its place in the component
 * with the memory that it then has.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { memoryAfterLoading, readEngine } from './quickjs-engine.js';
import { withSections } from './sections.js';
import { withMemory } from './snapshot.js';

const engine = await readEngine();
try {
  const work = await text(process.stdin);
  if (work !== '') await make(JSON.parse(work));
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

/** @param {{ source: string, output: string }} work */
async function make({ source, output }) {
  const { component, sections, core, module } = engine;
  const folder = dirname(source);
  /** @type {[string, Buffer][]} */
  const files = [];
  for (const name of await readdir(folder)) if (name.endsWith('.js')) files.push([name, await readFile(join(folder, name))]);
  const loaded = withMemory(core.content, memoryAfterLoading(module, files, basename(source)));
  await writeFile(output, withSections(component, sections.map((each) => (each === core ? { ...core, content: loaded } : each))));
}
