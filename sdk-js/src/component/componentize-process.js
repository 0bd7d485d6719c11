/**
 * Makes one component, in a process of its own: the engine's tool blocks its process for as long as it runs.
 * Arguments: the bundled module, the WIT folder, where the component goes.
 */
import { writeFile } from 'node:fs/promises';
import { prepareSplicer } from './splicer.js';

const [sourcePath, witPath, output] = process.argv.slice(2);
try {
  await prepareSplicer(witPath);
  // Only now, because it loads the part that was to be prepared.
  const { componentize } = await import('@bytecodealliance/componentize-js');
  const { component } = await componentize({
    sourcePath,
    witPath,
    worldName: 'connector',
    disableFeatures: ['http', 'fetch-event'],
  });
  await writeFile(output, component);
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
