/**
 * The command line: parses arguments and prints results. Results are written to stdout, problems and progress to stderr.
 */
import { parseArgs } from 'node:util';
import { runDev } from './commands/dev.js';
import { runInit } from './commands/init.js';
import { runPush } from './commands/push.js';
import { runTest } from './commands/test.js';
import { build, bundle, check, CheckError } from './index.js';
import { HELP } from './help.js';
import { printProblems } from './print.js';
import { progressPrinter } from './progress.js';
import { listed, samples } from './samples.js';
import { didYouMean } from './suggest.js';
import { UsageError } from './usage-error.js';
import { writeError, writeOut } from './terminal.js';

const text = /** @type {const} */ ({ type: 'string' });

/** @type {Record<string, { options: import('node:util').ParseArgsConfig['options'], run: (folder: string, values: any) => Promise<number> }>} */
const COMMANDS = {
  init: { options: { from: text }, run: runInit },
  check: { options: {}, run: runCheck },
  test: { options: { engine: text, patchbay: text, component: text }, run: runTest },
  dev: { options: { engine: text, host: text, token: text, parameters: text, patchbay: text, port: text }, run: runDev },
  push: { options: { engine: text, host: text, token: text, component: text }, run: runPush },
  build: { options: { engine: text, output: { ...text, short: 'o' } }, run: runBuild },
  bundle: { options: { component: text, output: { ...text, short: 'o' } }, run: runBundle },
};

/**
 * @param {string[]} args
 * @returns {Promise<number>} the exit status: 0 for success, 1 for mistakes in the folder, 2 for invalid arguments
 */
export async function main([name = '--help', ...args]) {
  if (name === '--help' || name === '-h' || name === 'help') {
    writeOut(HELP[args[0]] ?? HELP.main);
    return 0;
  }
  try {
    return await command(name, args);
  } catch (error) {
    if (error instanceof UsageError) {
      writeError(`${error.message}\nSee \`patchbay-sdk --help\`.\n`);
      return 2;
    }
    writeError(`${error instanceof Error ? error.message : error}\n`);
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
    writeOut(HELP[name]);
    return 0;
  }
  const [folder, ...more] = positionals;
  if (folder === undefined) throw new UsageError(name === 'init' ? await initUsage() : `\`${name}\` needs a connector folder.`);
  if (more.length > 0) throw new UsageError(`\`${name}\` takes one folder, but was given \`${more[0]}\` too.`);
  try {
    return await run(folder, values);
  } catch (error) {
    if (!(error instanceof CheckError)) throw error;
    printProblems(folder, error.problems);
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
  printProblems(folder, problems);
  const isBroken = problems.some(({ severity }) => severity === 'error');
  const warnings = problems.filter(({ severity }) => severity === 'warning').length;
  const suffix = warnings === 0 ? '' : `, ${warnings} warning${warnings === 1 ? '' : 's'}`;
  if (!isBroken) writeOut(`${folder}: no mistakes found${suffix}\n`);
  return isBroken ? 1 : 0;
}

/**
 * @param {string} folder
 * @param {{ engine?: string, output?: string }} values
 */
async function runBuild(folder, { engine, output }) {
  const progress = progressPrinter(process.stderr);
  try {
    report(folder, await build(folder, { output, engine, onProgress: progress.show }));
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
  report(folder, await bundle(folder, { component, output }));
  return 0;
}

/**
 * @param {string} folder
 * @param {import('../types/sdk.js').Bundle} made
 */
function report(folder, { path, size, sha256, warnings }) {
  printProblems(folder, warnings);
  writeOut(`${path}  ${size} bytes  sha256:${sha256}\n`);
}

/** Lists the samples. */
async function initUsage() {
  return `\`init\` needs the name of a new folder. With \`--from\`, the folder is a copy of one of these samples:\n${listed(await samples())}`;
}
