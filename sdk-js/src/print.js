/**
 * Prints problems for a person, files relative to where that person is.
 */
import { join, relative } from 'node:path';
import { formatProblem } from './problems.js';
import { printableLine, writeError } from './terminal.js';

/**
 * @param {string} folder
 * @param {readonly import('../types/sdk.js').Problem[]} problems
 */
export function printProblems(folder, problems) {
  for (const problem of problems) {
    writeError(`${printableLine(formatProblem(problem, (file) => relative('', join(folder, file))))}\n`);
  }
}
