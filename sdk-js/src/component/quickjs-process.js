/**
 * Makes one component for QuickJS, in a process of its own. Argument: the WIT folder. Loads the tool first, then reads from
 * standard input what it is to do: the bundled module, and where the component goes. Ends without a word if that never
 * comes.
 */
import { cp, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { componentize } from 'componentize-qjs';

const SYSTEM = fileURLToPath(new URL('./quickjs-wit', import.meta.url));

const [contract] = process.argv.slice(2);
try {
  const work = await text(process.stdin);
  if (work !== '') await make(JSON.parse(work));
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

/** @param {{ source: string, output: string }} work */
async function make({ source, output }) {
  process.env.TMPDIR = dirname(output);
  // The tool takes one folder: the world of this engine, and the contract among what it depends on.
  const witPath = join(dirname(output), 'wit');
  await cp(SYSTEM, witPath, { recursive: true });
  await cp(contract, join(witPath, 'deps', 'connector'), { recursive: true, filter: (path) => !path.endsWith('.md') });
  const entry = join(dirname(source), 'entry.js');
  await writeFile(entry, '');
  const { component } = await componentize({
    witPath,
    world: 'connector',
    // The text that is given here stays in memory; that of files does not.
    jsSource: `export * from './${basename(source)}';`,
    jsPath: entry,
    moduleRoot: dirname(source),
    sync: true,
  });
  await writeFile(output, component);
}
