/**
 * Before packing copies into the package what lies beside it in the repository; after packing (`--remove`) takes
 * the copies away again, so that none of them can grow stale.
 */
import { existsSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';

const isRemoving = process.argv.includes('--remove');
for (const name of ['wit', 'LICENSE']) {
  const copy = new URL(`../${name}`, import.meta.url);
  const original = new URL(`../../${name}`, import.meta.url);
  await rm(copy, { recursive: true, force: true });
  if (!isRemoving && existsSync(original)) await cp(original, copy, { recursive: true });
}
