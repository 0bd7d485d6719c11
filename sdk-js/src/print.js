/**
 * Prints problems for a person, files relative to where that person is.
 */
import { join, relative } from 'node:path';
import { formatProblem } from './problems.js';

/**
 * @param {string} folder
 * @param {readonly import('../types/sdk.js').Problem[]} problems
 */
export function printProblems(folder, problems) {
  for (const problem of problems) {
    process.stderr.write(`${formatProblem(problem, (file) => relative('', join(folder, file)))}\n`);
  }
}
