/**
 * Lists folders and finds the `spec.yml` in each.
 * Never leaves the connector folder: a symbolic link that does is reported and skipped.
 */
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { nearest } from '../suggest.js';
import { methodFiles, SPEC_FILES } from './method-files.js';
import { readYaml } from './yaml-file.js';

/**
 * Reads the `spec.yml` of a folder. Reports an error if there is none.
 * @param {import('./read-folder.js').Reading} reading
 * @param {string} folder
 * @param {readonly string[]} files the files in it
 */
export async function readSpec({ root, problems }, folder, files) {
  const path = (/** @type {string} */ name) => (folder === '.' ? name : `${folder}/${name}`);
  const [found, second] = SPEC_FILES.filter((name) => files.includes(name));
  if (second !== undefined) problems.warn(path(second), undefined, `\`${found}\` is read instead`, 'Delete one of them.');
  if (found !== undefined) return readYaml(root, path(found), problems);
  const similar = nearest('spec.yml', files);
  problems.error(path('spec.yml'), undefined, 'the file is missing', similar === undefined ? 'Write it.' : `Rename \`${similar}\`.`);
  return undefined;
}

/** Folders of package managers and builds. */
const UNHEEDED = ['node_modules', 'dist'];

/**
 * The subfolders of `global-webhooks` or `events`, each with its spec. A folder's name is its key.
 * @param {import('./read-folder.js').Reading} reading
 * @param {string} parent
 * @param {readonly string[]} methods in all accepted spellings
 */
export async function readKeyedFolders(reading, parent, methods) {
  const found = [];
  for (const name of (await reading.list(parent)).folders.filter((each) => !UNHEEDED.includes(each))) {
    const folder = `${parent}/${name}`;
    const { files } = await reading.list(folder);
    if (!looksKeyed(files, methods)) {
      reading.problems.warn(folder, undefined, 'the folder has no `spec.yml`', 'It is left out of the bundle, except for files that others import.');
      continue;
    }
    const spec = await readSpec(reading, folder, files);
    if (spec === undefined) continue;
    if (typeof spec.value?.key === 'string' && spec.value.key !== name) {
      spec.error(['key'], `the key is \`${spec.value.key}\`, but the folder is \`${name}\``, 'Use the same name for both.');
    }
    found.push({ key: name, folder, files, spec });
  }
  return found;
}

/**
 * Whether a folder is meant as a webhook or an event, and not for helpers.
 * @param {readonly string[]} files
 * @param {readonly string[]} methods
 */
function looksKeyed(files, methods) {
  return SPEC_FILES.some((name) => files.includes(name)) || methodFiles(files, methods).length > 0 || nearest('spec.yml', files) !== undefined;
}

/**
 * The content of a folder without hidden entries; empty if there is no folder.
 * @param {string} root the connector folder
 * @param {string} folder relative to it
 * @param {(path: string) => void} [onOutside] called with each path that leads out of the connector folder
 */
export async function list(root, folder, onOutside = () => undefined) {
  const isFolder = await stat(join(root, folder)).then((each) => each.isDirectory(), () => false);
  if (!isFolder) return { files: [], folders: [] };
  if (!(await isInside(root, folder))) {
    onOutside(folder);
    return { files: [], folders: [] };
  }
  const names = (await readdir(join(root, folder))).filter((name) => !name.startsWith('.')).sort();
  const kinds = await Promise.all(names.map((name) => kindOf(root, folder === '.' ? name : `${folder}/${name}`, onOutside)));
  return {
    files: names.filter((_, index) => kinds[index]?.isFile()),
    folders: names.filter((_, index) => kinds[index]?.isDirectory()),
  };
}

/**
 * @param {string} root
 * @param {string} path
 * @param {(path: string) => void} onOutside
 */
async function kindOf(root, path, onOutside) {
  const kind = await stat(join(root, path)).catch(() => undefined);
  if (kind === undefined || (await isInside(root, path))) return kind;
  onOutside(path);
  return undefined;
}

/**
 * Whether a path, its symbolic links followed, is in the connector folder.
 * @param {string} root
 * @param {string} path relative to it
 */
export async function isInside(root, path) {
  const [outer, inner] = await Promise.all([realpath(root), realpath(join(root, path))]);
  return inner === outer || inner.startsWith(outer.endsWith(sep) ? outer : outer + sep);
}
