/**
 * Runs the engine's tool in its own process, because it blocks the process that it runs in. One process can be started ahead,
 * because loading the tool takes about a second of each build.
 */
import { spawn } from 'node:child_process';

/** @typedef {import('node:child_process').ChildProcessWithoutNullStreams} Process */

/** @type {Map<string, Process>} */
const ready = new Map();

/**
 * Loads the tool for the next build. The process ends with this one.
 * @param {string[]} program
 */
export function keepReady(program) {
  const name = program.join('\0');
  if (ready.has(name)) return;
  const process = start(program);
  process.once('close', () => ready.get(name) === process && ready.delete(name));
  process.on('error', () => undefined);
  for (const each of partsOf(process)) each.unref();
  ready.set(name, process);
}

/**
 * Runs the tool once. Rejects with its error output.
 * @param {string[]} program
 * @param {Record<string, string>} work the task, as JSON
 * @param {(text: string) => void} onPrinted
 * @returns {Promise<void>}
 */
export function runTool(program, work, onPrinted) {
  const name = program.join('\0');
  const process = ready.get(name) ?? start(program);
  ready.delete(name);
  for (const each of partsOf(process)) each.ref();
  return new Promise((resolve, reject) => {
    let complaint = '';
    process.stderr.setEncoding('utf8').on('data', (text) => (complaint += text));
    process.stdout.setEncoding('utf8').on('data', (text) => text.trim() !== '' && onPrinted(text.trimEnd()));
    process.on('error', reject);
    process.on('close', (status) => (status === 0 ? resolve() : reject(new Error(complaint))));
    // A process that ended early is reported on close.
    process.stdin.on('error', () => undefined);
    process.stdin.end(JSON.stringify(work));
  });
}

/**
 * The handles that keep this process alive while the tool runs.
 * @param {Process} process
 * @returns {{ ref(): unknown, unref(): unknown }[]}
 */
function partsOf(process) {
  return [process, ...[process.stdin, process.stdout, process.stderr].map((stream) => /** @type {any} */ (stream))];
}

/** @param {string[]} program */
function start(program) {
  return spawn(process.execPath, program, { stdio: ['pipe', 'pipe', 'pipe'] });
}
