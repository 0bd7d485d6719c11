/**
 * The command line: reads arguments, prints results. Mistakes and progress go to stderr, the result to stdout.
 */
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { build, bundle, check, CheckError } from './index.js';
import { HELP } from './help.js';
import { formatProblem } from './problems.js';
import { progressPrinter } from './progress.js';
import { didYouMean } from './suggest.js';

/** @type {Record<string, { options: import('node:util').ParseArgsConfig['options'], run: (folder: string, values: any) => Promise<number> }>} */
const COMMANDS = {
  check: { options: {}, run: runCheck },
  build: { options: { output: { type: 'string', short: 'o' } }, run: runBuild },
  bundle: { options: { component: { type: 'string' }, output: { type: 'string', short: 'o' } }, run: runBundle },
};

/** A command line that cannot be understood. */
class UsageError extends Error {}

/**
 * @param {string[]} args
 * @returns {Promise<number>} the exit status: 0, 1 for mistakes in the folder, 2 for mistakes in the arguments
 */
export async function main([name = '--help', ...args]) {
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(HELP[args[0]] ?? HELP.main);
    return 0;
  }
  try {
    return await command(name, args);
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}\nSee \`patchbay-sdk --help\`.\n`);
      return 2;
    }
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    return 1;
  }
}

/**
 * @param {string} name
 * @param {string[]} args
 */
async function command(name, args) {
  if (!Object.hasOwn(COMMANDS, name)) {
    throw new UsageError(`There is no command \`${name}\`. ${didYouMean(name, Object.keys(COMMANDS))}`);
  }
  const { options, run } = COMMANDS[name];
  const { values, positionals } = parse(args, { ...options, help: { type: 'boolean', short: 'h' } });
  if (values.help) {
    process.stdout.write(HELP[name]);
    return 0;
  }
  const [folder, ...more] = positionals;
  if (folder === undefined) throw new UsageError(`\`${name}\` needs a connector folder.`);
  if (more.length > 0) throw new UsageError(`\`${name}\` takes one folder, but was given \`${more[0]}\` too.`);
  try {
    return await run(folder, values);
  } catch (error) {
    if (!(error instanceof CheckError)) throw error;
    print(folder, error.problems);
    return 1;
  }
}

/**
 * @param {string[]} args
 * @param {import('node:util').ParseArgsConfig['options']} options
 * @returns {{ values: Record<string, any>, positionals: string[] }}
 */
function parse(args, options) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** @param {string} folder */
async function runCheck(folder) {
  const problems = await check(folder);
  print(folder, problems);
  const isBroken = problems.some(({ severity }) => severity === 'error');
  if (!isBroken) process.stdout.write(`${folder}: no mistakes found\n`);
  return isBroken ? 1 : 0;
}

/**
 * @param {string} folder
 * @param {{ output?: string }} values
 */
async function runBuild(folder, { output }) {
  const progress = progressPrinter(process.stderr);
  try {
    report(folder, await build(folder, { output, onProgress: progress.show }));
  } finally {
    progress.end();
  }
  return 0;
}

/**
 * @param {string} folder
 * @param {{ component?: string, output?: string }} values
 */
async function runBundle(folder, { component, output }) {
  if (component === undefined) throw new UsageError('`bundle` needs `--component file.wasm`.');
  if (output === undefined) throw new UsageError('`bundle` needs `-o out.wasm`.');
  report(folder, await bundle(folder, { component, output }));
  return 0;
}

/**
 * @param {string} folder
 * @param {import('../types/sdk.js').Bundle} made
 */
function report(folder, { path, size, sha256, warnings }) {
  print(folder, warnings);
  process.stdout.write(`${path}  ${size} bytes  sha256:${sha256}\n`);
}

/**
 * @param {string} folder
 * @param {import('../types/sdk.js').Problem[]} problems
 */
function print(folder, problems) {
  for (const problem of problems) {
    process.stderr.write(`${formatProblem(problem, (file) => relative('', join(folder, file)))}\n`);
  }
}
