/**
 * Tells when files of a connector folder change. Saving often touches a file several times, and a branch change many
 * files: what comes close together is told once.
 * Watches folders, never files: editors save by putting a new file in the place of the old one, which a watch of the old one
 * does not see. That is also why it does not leave the recursion to node, which watches files on Linux.
 */
import { readdirSync, watch } from 'node:fs';
import { join } from 'node:path';

const QUIET_MS = 60;
/** What builds and editors write themselves. */
const UNHEEDED = /(^|\/)(dist|node_modules|\.[^/]*)(\/|$)|~$|\.(swp|swx|tmp)$|(^|\/)\d+$/;

/**
 * @param {string} root
 * @param {(files: string[]) => void} onChange told the files, relative to the folder
 * @returns {() => void} stops it
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
    // First, so that whatever is written into a new folder from now on is heard.
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
    // Gone meanwhile.
    return [];
  }
  const below = entries.filter((each) => each.isDirectory() && !UNHEEDED.test(each.name));
  return [folder, ...below.flatMap(({ name }) => foldersIn(root, folder === '' ? name : `${folder}/${name}`))];
}
