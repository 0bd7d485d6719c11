/**
 * Prints what the engine was built of: `describe.js <version>`. A test of the SDK compares it with what is there.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SOURCES = /^build$|\.(c|h|sed|wit)$/;
const FOLDERS = ['.', '../../wit'].map((path) => fileURLToPath(new URL(path, import.meta.url)));

/** @param {string} version */
export function describeEngine(version) {
  const sources = createHash('sha256');
  for (const folder of FOLDERS) {
    const files = readdirSync(folder, { recursive: true }).map(String).filter((name) => SOURCES.test(name)).sort();
    for (const name of files) sources.update(`${name}\0`).update(readFileSync(`${folder}/${name}`)).update('\0');
  }
  const engine = createHash('sha256').update(readFileSync(new URL('quickjs.wasm', import.meta.url)));
  return { version, sha256: engine.digest('hex'), sources: sources.digest('hex') };
}

const [, program, version] = process.argv;
if (program === fileURLToPath(import.meta.url)) console.log(JSON.stringify(describeEngine(version), null, 2));
