/**
 * Rejects imports that leave the connector folder: a stranger's connector must not include files of this machine in its bundle.
 * npm packages may be in `node_modules` of the folder and of the folders around it, where Node.js finds them.
 */
import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';

/**
 * @param {string} root the connector folder, its own symbolic links followed
 * @param {Record<string, string[]>} imports which file imports which, relative to the folder
 * @param {import('../problems.js').Problems} problems
 */
export async function refuseOutside(root, imports, problems) {
  const allowed = [root, ...around(root).map((folder) => join(folder, 'node_modules'))];
  for (const file of Object.keys(imports)) {
    const path = await realpath(join(root, file)).catch(() => undefined);
    // Modules of the SDK are not files.
    if (path === undefined || allowed.some((folder) => path.startsWith(folder + sep))) continue;
    const importer = Object.keys(imports).find((each) => imports[each].includes(file)) ?? file;
    const line = await lineOf(join(root, importer), file);
    problems.error(importer, line, `\`${relative(root, path)}\` is outside of the connector folder`, 'Copy it into the folder, or install it as an npm package.');
  }
}

/**
 * A folder and all of its parents.
 * @param {string} folder
 * @returns {string[]}
 */
function around(folder) {
  return dirname(folder) === folder ? [folder] : [folder, ...around(dirname(folder))];
}

/**
 * The line that names an imported file.
 * @param {string} importer
 * @param {string} file
 */
async function lineOf(importer, file) {
  const text = await readFile(importer, 'utf8').catch(() => '');
  const [name] = basename(file).split('.');
  const index = text.split('\n').findIndex((line) => /\b(import|export|require)\b/.test(line) && line.includes(name));
  return index < 0 ? undefined : index + 1;
}
