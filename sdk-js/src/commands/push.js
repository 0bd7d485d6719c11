/**
 * `push`: builds the connector and uploads it to a host.
 */
import { readFile } from 'node:fs/promises';
import { build, bundle } from '../index.js';
import { Host } from '../host/api.js';
import { printProblems } from '../print.js';
import { progressPrinter } from '../progress.js';
import { UsageError } from '../usage-error.js';
import { writeOut } from '../terminal.js';

/** @type {Record<string, string>} */
const UPLOAD_STEPS = {
  waiting: 'the host compiles another bundle first',
  compiling: 'the host compiles the bundle; the first bundle of an engine takes up to a minute',
};

/**
 * @param {string} folder
 * @param {{ engine?: string, host?: string, token?: string, component?: string }} values
 */
export async function runPush(folder, { engine, host: url = process.env.PATCHBAY_URL, token = process.env.PATCHBAY_TOKEN, component }) {
  if (!url) throw new UsageError('`push` needs `--host URL`, or the environment variable PATCHBAY_URL.');
  if (!token) throw new UsageError('`push` needs `--token T`, or the environment variable PATCHBAY_TOKEN.');
  const host = new Host(url, token);
  const progress = progressPrinter(process.stderr);
  try {
    const made = await (component === undefined ? build(folder, { engine, onProgress: progress.show }) : bundle(folder, { component }));
    progress.end();
    printProblems(folder, made.warnings);
    progress.show('upload', 0);
    let [last, since] = ['', 0];
    const { status, body } = await host.upload(await readFile(made.path), (step) => {
      if (step !== last) [last, since] = [step, Date.now()];
      progress.show(UPLOAD_STEPS[step] ?? step, Date.now() - since);
    });
    progress.end();
    const note = status === 201 ? '' : ' (already uploaded)';
    writeOut(`${body.key} version ${body.version}${note}  ${body.digest}  ${host.url}\n`);
    return 0;
  } finally {
    progress.end();
  }
}
