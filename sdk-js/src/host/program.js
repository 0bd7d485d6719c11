/**
 * Finds the host program, `patchbay`: where a person says, then where it usually is. Never downloads or builds it.
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
    throw new Error(`${path}: this is not a program that can be run, but ${origin} names it. Correct the path.`);
  }
  const found = usualPlaces().find(isProgram);
  if (found !== undefined) return found;
  throw new Error(
    'The host program `patchbay` was not found. Build it in a clone of the repository (`cargo build`), then put it on PATH, '
      + 'or name it: `--patchbay /path/to/patchbay`, or PATCHBAY_BIN in the environment.',
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
