/**
 * Collects the problems of a connector folder, so that one run reports all of them.
 * Never prints and never throws.
 */

export class Problems {
  /** @type {import('../types/sdk.js').Problem[]} */
  list = [];

  /**
   * @param {string} file relative to the connector folder
   * @param {number | undefined} line from 1
   * @param {string} what the problem, without a full stop
   * @param {string} remedy how to solve it, in one sentence
   */
  error(file, line, what, remedy) {
    this.list.push({ severity: 'error', file, line, what, remedy });
  }

  /**
   * @param {string} file
   * @param {number | undefined} line
   * @param {string} what
   * @param {string} remedy
   */
  warn(file, line, what, remedy) {
    this.list.push({ severity: 'warning', file, line, what, remedy });
  }

  get hasErrors() {
    return this.list.some(({ severity }) => severity === 'error');
  }

  /** The list by file and line, each problem once. */
  sorted() {
    const seen = new Map(this.list.map((each) => [formatProblem(each), each]));
    return [...seen.values()].sort(
      (a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : (a.line ?? 1) - (b.line ?? 1)),
    );
  }
}

/** The folder has mistakes; nothing was built. */
export class CheckError extends Error {
  /** @param {import('../types/sdk.js').Problem[]} problems */
  constructor(problems) {
    super(problems.map((each) => formatProblem(each)).join('\n'));
    this.name = 'CheckError';
    this.problems = problems;
  }
}

/**
 * One line: `file:line: what. remedy`.
 * @param {import('../types/sdk.js').Problem} problem
 * @param {(file: string) => string} [displayed] formats the file name
 */
export function formatProblem({ severity, file, line, what, remedy }, displayed = (each) => each) {
  const mark = severity === 'warning' ? 'warning: ' : '';
  return `${displayed(file)}:${line ?? 1}: ${mark}${what}. ${remedy}`.replace(/\s*\n\s*/g, ' ');
}
