/**
 * Makes one component for QuickJS, in a process of its own: the engine's tool blocks its process for as long as it runs.
 * Arguments: the bundled module, the WIT folder, where the component goes.
 */
import { cp, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { componentize } from 'componentize-qjs';

const SYSTEM = fileURLToPath(new URL('./quickjs-wit', import.meta.url));

const [source, contract, output] = process.argv.slice(2);
try {
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
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
