/**
 * `test`: checks, builds, and runs the examples with the host program, in the real sandbox.
 * The program's output and exit status are passed on.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build, bundle } from '../index.js';
import { exampleFiles, NO_EXAMPLES } from '../folder/examples.js';
import { findPatchbay } from '../host/program.js';
import { CheckError, Problems } from '../problems.js';
import { printProblems } from '../print.js';
import { progressPrinter } from '../progress.js';
import { writeError, writeOut } from '../terminal.js';

/**
 * @param {string} folder
 * @param {{ engine?: string, patchbay?: string, component?: string }} values
 */
export async function runTest(folder, { engine, patchbay, component }) {
  // Before the build, which may take a while.
  const program = findPatchbay(patchbay);
  await requireExamples(folder);
  const progress = progressPrinter(process.stderr);
  const making = component === undefined ? build(folder, { engine, onProgress: progress.show }) : bundle(folder, { component });
  const made = await making.finally(progress.end);
  printProblems(folder, made.warnings);
  return run(program, ['test', made.path, join(folder, 'examples')]);
}

/** @param {string} folder */
async function requireExamples(folder) {
  if ((await exampleFiles(folder)).length > 0) return;
  const problems = new Problems();
  problems.error(...NO_EXAMPLES);
  throw new CheckError(problems.sorted());
}

/**
 * @param {string} program
 * @param {string[]} args
 * @returns {Promise<number>}
 */
function run(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    // The output quotes examples and the console of handlers.
    child.stdout.setEncoding('utf8').on('data', writeOut);
    child.stderr.setEncoding('utf8').on('data', writeError);
    child.on('error', reject);
    child.on('close', (status) => resolve(status ?? 1));
  });
}
