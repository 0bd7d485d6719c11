/**
 * Before packing copies into the package what lies beside it in the repository; after packing (`--remove`) takes
 * the copies away again, so that none of them can grow stale.
 */
import { existsSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';

/** What builds leave in a sample. */
const BUILT = /[\\/](dist|node_modules|target)$/;

const isRemoving = process.argv.includes('--remove');
for (const name of ['wit', 'sample-connectors', 'LICENSE']) {
  const copy = new URL(`../${name}`, import.meta.url);
  const original = new URL(`../../${name}`, import.meta.url);
  await rm(copy, { recursive: true, force: true });
  if (!isRemoving && existsSync(original)) await cp(original, copy, { recursive: true, filter: (path) => !BUILT.test(path) });
}
