/**
 * Lists the sample connectors and finds one by name.
 * They are inside the published package, and beside the SDK in the repository.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { didYouMean } from './suggest.js';

/** @typedef {{ key: string, name: string, folder: string }} Sample */

/** @returns {Promise<Sample[]>} by key */
export async function samples() {
  const [inside, beside] = ['../sample-connectors', '../../sample-connectors'].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const root = existsSync(inside) ? inside : beside;
  const folders = (await readdir(root).catch(() => [])).sort().map((name) => ({ key: name, folder: join(root, name) }));
  const found = await Promise.all(folders.map(async ({ key, folder }) => {
    const spec = await readFile(join(folder, 'spec.yml'), 'utf8').then((text) => parse(text)).catch(() => undefined);
    return spec === undefined || spec === null ? [] : [{ key, folder, name: String(spec.name ?? key) }];
  }));
  return found.flat();
}

/**
 * Finds a sample by key or name, ignoring case and punctuation: `slack`, `GitHub`, `github app`.
 * @param {string} wanted
 * @param {readonly Sample[]} known
 * @returns {Sample}
 */
export function sampleNamed(wanted, known) {
  const plainWanted = plain(wanted);
  const names = (/** @type {Sample} */ { key, name }) => [plain(key), plain(name)];
  const exact = known.find((each) => names(each).includes(plainWanted));
  if (exact !== undefined) return exact;
  const beginning = plainWanted === '' ? [] : known.filter((each) => names(each).some((name) => name.startsWith(plainWanted)));
  if (beginning.length === 1) return beginning[0];
  const hint = beginning.length > 1
    ? `It could be ${beginning.map(({ key }) => `\`${key}\``).join(' or ')}.`
    : didYouMean(wanted, known.flatMap(({ key, name }) => [key, name, ...key.split('-'), ...name.split(' ')]));
  throw new Error(`There is no sample \`${wanted}\`. ${hint.startsWith('Known') ? '' : `${hint} `}There are:\n${listed(known)}`);
}

/** @param {readonly Sample[]} known */
export function listed(known) {
  const width = Math.max(0, ...known.map(({ key }) => key.length));
  return known.map(({ key, name }) => `  ${key.padEnd(width)}  ${name}`).join('\n');
}

/** @param {string} name */
function plain(name) {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}
