/**
 * Keeps what the engine's tool makes of the engine and the contract alone: that is the larger part of a build, and the
 * same for every connector. Changes the tool, of a pinned version, in this one place; a tool that has no such step to
 * keep works as it is.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { CACHE_FOLDER } from './cache.js';

/** @param {string} witPath */
export async function keepSplices(witPath) {
  const tool = import.meta.resolve('@bytecodealliance/componentize-js');
  const { splicer } = await import(new URL('../lib/spidermonkey-embedding-splicer.js', tool).href).catch(() => ({}));
  const splice = splicer?.spliceBindings;
  if (typeof splice !== 'function') return;
  splicer.spliceBindings = (/** @type {[Uint8Array, ...unknown[]]} */ ...args) => {
    const file = join(CACHE_FOLDER, `${keyOf(witPath, args)}.splice`);
    return read(file) ?? write(file, splice(...args));
  };
}

/**
 * @param {string} witPath
 * @param {[Uint8Array, ...unknown[]]} args the engine, and how it is spliced
 */
function keyOf(witPath, [engine, ...settings]) {
  const hash = createHash('sha256').update(engine).update(JSON.stringify(settings));
  for (const name of readdirSync(witPath).sort()) hash.update(`\0${name}\0`).update(readFileSync(join(witPath, name)));
  return hash.digest('hex');
}

/** @param {string} file */
function read(file) {
  try {
    const spliced = deserialize(readFileSync(file));
    const now = new Date();
    utimesSync(file, now, now);
    return spliced;
  } catch {
    // Missing or damaged: as if it had never been kept.
    return undefined;
  }
}

/**
 * @param {string} file
 * @param {unknown} spliced
 */
function write(file, spliced) {
  try {
    const unfinished = `${file}.${process.pid}.tmp`;
    mkdirSync(CACHE_FOLDER, { recursive: true, mode: 0o700 });
    writeFileSync(unfinished, serialize(spliced));
    renameSync(unfinished, file);
  } catch {
    // A cache that cannot be written is no reason to fail.
  }
  return spliced;
}
