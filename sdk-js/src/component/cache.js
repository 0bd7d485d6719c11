/**
 * Caches the newest components, because building one takes seconds. A file is named by the digest of its input.
 * Never a reason to fail: what cannot be read or written is as if it had never been kept.
 */
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

const FILES_MAX = 32;

/** The user's own cache of the SDK. */
export const CACHE_FOLDER = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'patchbay-sdk');

/**
 * @param {string} key
 * @returns {Promise<Buffer | undefined>}
 */
export async function readCached(key) {
  const now = new Date();
  const file = fileOf(key);
  const bytes = await readFile(file).catch(() => undefined);
  if (bytes !== undefined) await utimes(file, now, now).catch(() => undefined);
  return bytes;
}

/**
 * @param {string} key
 * @param {Uint8Array} bytes
 */
export async function writeCached(key, bytes) {
  const unfinished = join(CACHE_FOLDER, `${key}.${process.pid}.tmp`);
  try {
    await mkdir(CACHE_FOLDER, { recursive: true, mode: 0o700 });
    await writeFile(unfinished, bytes);
    await rename(unfinished, fileOf(key));
    await dropOldest();
  } catch {
    await rm(unfinished, { force: true }).catch(() => undefined);
  }
}

/** @param {string} key */
function fileOf(key) {
  return join(CACHE_FOLDER, `${key}.wasm`);
}

async function dropOldest() {
  const names = (await readdir(CACHE_FOLDER)).filter((name) => /\.(wasm|splice|tmp)$/.test(name));
  const dated = await Promise.all(
    names.map(async (name) => ({ name, time: await stat(join(CACHE_FOLDER, name)).then((each) => each.mtimeMs, () => 0) })),
  );
  dated.sort((a, b) => b.time - a.time);
  await Promise.all(dated.slice(FILES_MAX).map(({ name }) => rm(join(CACHE_FOLDER, name), { force: true })));
}
