/**
 * Makes one component, in a process of its own. Argument: the WIT folder. Loads the tool first, then reads from standard
 * input what it is to do: the bundled module, and where the component goes. Ends without a word if that never comes.
 */
import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { prepareSplicer } from './splicer.js';

const [witPath] = process.argv.slice(2);
try {
  await prepareSplicer(witPath);
  // Only now, because it loads the part that was to be prepared.
  const { componentize } = await import('@bytecodealliance/componentize-js');
  const work = await text(process.stdin);
  if (work !== '') await make(componentize, JSON.parse(work));
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

/**
 * @param {typeof import('@bytecodealliance/componentize-js').componentize} componentize
 * @param {{ source: string, output: string }} work
 */
async function make(componentize, { source, output }) {
  process.env.TMPDIR = dirname(output);
  const { component } = await componentize({
    sourcePath: source,
    witPath,
    worldName: 'connector',
    disableFeatures: ['http', 'fetch-event'],
  });
  await writeFile(output, component);
}
