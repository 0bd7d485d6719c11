/**
 * Finds the host program, `patchbay`: at a given path, otherwise in the usual places. Never downloads or builds it.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * @param {string} [given] the value of `--patchbay`
 * @returns {string} its path
 */
export function findPatchbay(given) {
  for (const [path, origin] of [[given, '--patchbay'], [process.env.PATCHBAY_BIN, 'PATCHBAY_BIN']]) {
    if (!path) continue;
    if (isProgram(path)) return resolve(path);
    throw new Error(`${path}: ${origin} names this file, but it is not an executable program. Correct the path.`);
  }
  const found = usualPlaces().find(isProgram);
  if (found !== undefined) return found;
  throw new Error(
    'The host program `patchbay` was not found. Build it in a clone of the repository (`cargo build`). Then add it to PATH, '
      + 'or pass its path with `--patchbay /path/to/patchbay` or the environment variable PATCHBAY_BIN.',
  );
}

function usualPlaces() {
  const onPath = (process.env.PATH ?? '').split(delimiter).filter((each) => each !== '').map((each) => join(each, 'patchbay'));
  const target = resolve(REPOSITORY, process.env.CARGO_TARGET_DIR || 'target');
  return [...onPath, join(target, 'debug', 'patchbay'), join(target, 'release', 'patchbay')];
}

/** @param {string} path */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
