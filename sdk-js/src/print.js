/**
 * Prints problems, with file names relative to the working directory. Errors come last, next to the prompt.
 */
import { join, relative } from 'node:path';
import { formatProblem } from './problems.js';
import { printableLine, writeError } from './terminal.js';

/**
 * @param {string} folder
 * @param {readonly import('../types/sdk.js').Problem[]} problems
 */
export function printProblems(folder, problems) {
  const isError = (/** @type {import('../types/sdk.js').Problem} */ { severity }) => severity === 'error';
  for (const problem of [...problems.filter((each) => !isError(each)), ...problems.filter(isError)]) {
    writeError(`${printableLine(formatProblem(problem, (file) => relative('', join(folder, file))))}\n`);
  }
}
