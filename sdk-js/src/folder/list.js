/**
 * Lists folders and finds the `spec.yml` that belongs into each.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { nearest } from '../suggest.js';
import { readYaml } from './yaml-file.js';

/**
 * The `spec.yml` of a folder; that there is none is reported.
 * @param {import('./read-folder.js').Reading} reading
 * @param {string} folder
 * @param {readonly string[]} files the files in it
 */
export async function readSpec({ root, problems }, folder, files) {
  const file = folder === '.' ? 'spec.yml' : `${folder}/spec.yml`;
  if (files.includes('spec.yml')) return readYaml(root, file, problems);
  const similar = nearest('spec.yml', files);
  problems.error(file, undefined, 'the file is missing', similar === undefined ? 'Write it.' : `Rename \`${similar}\`.`);
  return undefined;
}

/**
 * The sub-folders of `global-webhooks` or `events`, each with its spec. A folder's name is its key.
 * @param {import('./read-folder.js').Reading} reading
 * @param {string} parent
 */
export async function readKeyedFolders(reading, parent) {
  const found = [];
  for (const name of (await reading.list(parent)).folders) {
    const folder = `${parent}/${name}`;
    const { files } = await reading.list(folder);
    const spec = await readSpec(reading, folder, files);
    if (spec === undefined) continue;
    if (typeof spec.value?.key === 'string' && spec.value.key !== name) {
      spec.error(['key'], `the key is \`${spec.value.key}\`, but the folder is \`${name}\``, 'Make them the same.');
    }
    found.push({ key: name, folder, files, spec });
  }
  return found;
}

/**
 * What is in a folder, hidden things left out; nothing where there is no folder.
 * @param {string} path
 */
export async function list(path) {
  const isFolder = await stat(path).then((each) => each.isDirectory(), () => false);
  const names = isFolder ? (await readdir(path)).filter((name) => !name.startsWith('.')).sort() : [];
  const kinds = await Promise.all(names.map((name) => stat(join(path, name)).catch(() => undefined)));
  return {
    files: names.filter((_, index) => kinds[index]?.isFile()),
    folders: names.filter((_, index) => kinds[index]?.isDirectory()),
  };
}
