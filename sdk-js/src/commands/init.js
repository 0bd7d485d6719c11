/**
 * `init`: creates a connector from the template or a sample. Never writes into a folder that is not empty.
 */
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sampleNamed, samples } from '../samples.js';
import { writeOut } from '../terminal.js';

const TEMPLATE = fileURLToPath(new URL('../../template', import.meta.url));
/** Folders that are not copied: built or installed files. */
const LEFT_BEHIND = ['dist', 'node_modules', 'target'];

/**
 * @param {string} folder
 * @param {{ from?: string }} values
 */
export async function runInit(folder, { from }) {
  const sample = from === undefined ? undefined : sampleNamed(from, await samples());
  await requireEmpty(folder);
  await mkdir(folder, { recursive: true });
  const source = sample?.folder ?? TEMPLATE;
  await cp(source, folder, {
    recursive: true,
    filter: (path) => !LEFT_BEHIND.includes(relative(source, path).split('/')[0]),
  });
  if (sample === undefined) await nameIt(folder);
  writeOut(nextSteps(folder, sample));
  return 0;
}

/** @param {string} folder */
async function requireEmpty(folder) {
  const names = await readdir(folder).catch((error) => {
    if (error.code === 'ENOENT') return [];
    throw new Error(`${folder}: ${error.code === 'ENOTDIR' ? 'this is a file. Name a folder.' : error.message}`);
  });
  if (names.length === 0) return;
  throw new Error(`${folder}: the folder is not empty (it holds \`${names[0]}\`), and nothing is overwritten. Name a new folder.`);
}

/**
 * Sets key and name to those of the folder.
 * @param {string} folder
 */
async function nameIt(folder) {
  const words = basename(resolve(folder)).toLowerCase().match(/[a-z0-9]+/g) ?? ['connector'];
  const name = words.join(' ').replace(/^./, (first) => first.toUpperCase());
  for (const file of ['spec.yml', 'README.md']) {
    const text = await readFile(join(folder, file), 'utf8');
    // Quoted, because a name such as `2024` would be a number.
    const quoted = file === 'spec.yml' ? JSON.stringify(name) : name;
    const key = words.join('-');
    await writeFile(join(folder, file), text.replace('connector-key', /^\d+$/.test(key) ? JSON.stringify(key) : key).replace('Connector name', quoted));
  }
}

/**
 * @param {string} folder
 * @param {import('../samples.js').Sample} [sample]
 */
function nextSteps(folder, sample) {
  const first = sample === undefined
    ? 'see README.md for the next steps'
    : `a copy of the sample ${sample.name}; change \`key\` and \`name\` in spec.yml`;
  return `${folder}: ${first}

  patchbay-sdk test ${folder}    checks, builds, and runs the examples in the real sandbox
  patchbay-sdk dev ${folder}     runs a local host; uploads every change, prints every request
`;
}
