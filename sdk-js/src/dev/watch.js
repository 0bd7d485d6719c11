/**
 * Watches a connector folder for changes. Saving a file often causes several events, and switching a branch changes many
 * files, so changes within a short interval are reported together.
 * Watches folders, never files: editors replace a file when they save it, and a watcher of the old file does not notice. For the
 * same reason the recursion is not left to Node.js, which watches files on Linux.
 */
import { readdirSync, watch } from 'node:fs';
import { join } from 'node:path';

const QUIET_MS = 60;
/** Files that builds and editors write. */
const UNHEEDED = /(^|\/)(dist|node_modules|\.[^/]*)(\/|$)|~$|\.(swp|swx|tmp)$|(^|\/)\d+$/;

/**
 * @param {string} root
 * @param {(files: string[]) => void} onChange called with the changed files, relative to the folder
 * @returns {() => void} stops watching
 */
export function watchFolder(root, onChange) {
  /** @type {Map<string, import('node:fs').FSWatcher>} */
  const watchers = new Map();
  const changed = new Set();
  /** @type {NodeJS.Timeout | undefined} */
  let quiet;

  /** @param {string} file */
  function heard(file) {
    if (UNHEEDED.test(file)) return;
    changed.add(file);
    clearTimeout(quiet);
    quiet = setTimeout(tell, QUIET_MS);
  }

  function tell() {
    // Runs first, so that no change in a new folder is missed.
    followFolders();
    const files = [...changed];
    changed.clear();
    onChange(files);
  }

  function followFolders() {
    const folders = foldersIn(root);
    for (const [folder, watcher] of watchers) {
      if (folders.includes(folder)) continue;
      watcher.close();
      watchers.delete(folder);
    }
    for (const folder of folders.filter((each) => !watchers.has(each))) {
      const watcher = watch(join(root, folder), (_event, name) => heard(folder === '' ? String(name) : `${folder}/${name}`));
      watcher.on('error', () => watcher.close());
      watchers.set(folder, watcher);
    }
  }

  followFolders();
  return () => {
    clearTimeout(quiet);
    for (const watcher of watchers.values()) watcher.close();
  };
}

/**
 * A folder and all below it, relative to the root.
 * @param {string} root
 * @param {string} [folder]
 * @returns {string[]}
 */
function foldersIn(root, folder = '') {
  let entries;
  try {
    entries = readdirSync(join(root, folder), { withFileTypes: true });
  } catch {
    // The folder was deleted in the meantime.
    return [];
  }
  const below = entries.filter((each) => each.isDirectory() && !UNHEEDED.test(each.name));
  return [folder, ...below.flatMap(({ name }) => foldersIn(root, folder === '' ? name : `${folder}/${name}`))];
}
