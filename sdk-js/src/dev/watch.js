/**
 * Tells when files of a connector folder change. Saving often touches a file several times, and a branch change many
 * files: what comes close together is told once.
 */
import { watch } from 'node:fs';

const QUIET_MS = 60;
/** What builds and editors write themselves. */
const UNHEEDED = /(^|\/)(dist|node_modules|\.[^/]*)(\/|$)|~$|\.(swp|swx|tmp)$|^\d+$/;

/**
 * @param {string} folder
 * @param {(files: string[]) => void} onChange told the files, relative to the folder
 * @returns {() => void} stops it
 */
export function watchFolder(folder, onChange) {
  const changed = new Set();
  /** @type {NodeJS.Timeout | undefined} */
  let quiet;
  const watcher = watch(folder, { recursive: true }, (_event, name) => {
    const file = String(name ?? '').replaceAll('\\', '/');
    if (UNHEEDED.test(file)) return;
    changed.add(file);
    clearTimeout(quiet);
    quiet = setTimeout(() => {
      onChange([...changed]);
      changed.clear();
    }, QUIET_MS);
  });
  return () => {
    clearTimeout(quiet);
    watcher.close();
  };
}
