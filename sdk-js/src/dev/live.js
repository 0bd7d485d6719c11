/**
 * Keeps an integration on the current state of a connector folder: builds, uploads, and sets the parameters.
 * One round runs at a time; changes during a round cause one more round.
 */
import { readFile } from 'node:fs/promises';
import { build, CheckError, prepareNextBuild } from '../index.js';
import { printProblems } from '../print.js';

export class Live {
  /** Whether files changed since the current round started. */
  #isWanted = false;
  /** @type {Promise<void> | undefined} */
  #round;

  /**
   * @param {string} folder
   * @param {{ host: import('../host/api.js').Host, integration: string, engine?: string, output: string,
   *   parameters: () => Promise<Record<string, unknown> | undefined>, show: (text: string) => void, onLive: () => Promise<void> }} options
   *   `parameters` returns nothing if those on the host are to be kept
   */
  constructor(folder, options) {
    this.folder = folder;
    this.options = options;
  }

  /** Updates the integration. Mistakes are printed, not thrown: the next change may correct them. */
  async refresh() {
    this.#isWanted = true;
    this.#round ??= this.#rounds().finally(() => (this.#round = undefined));
    return this.#round;
  }

  async #rounds() {
    while (this.#isWanted) {
      this.#isWanted = false;
      await this.#once().catch((error) => {
        if (error instanceof CheckError) printProblems(this.folder, error.problems);
        else this.options.show(error instanceof Error ? error.message : String(error));
      });
    }
  }

  async #once() {
    const { host, integration, engine, output, parameters, show, onLive } = this.options;
    const startedAt = performance.now();
    const made = await build(this.folder, { output, engine });
    const builtAt = performance.now();
    printProblems(this.folder, made.warnings);
    let isCompiled = false;
    const { body } = await host.upload(await readFile(made.path), (status) => {
      if (status === 'compiling' && !isCompiled) show('the host compiles the bundle; the first bundle of an engine takes up to a minute');
      isCompiled ||= status === 'compiling';
    });
    const uploadedAt = performance.now();
    const given = await parameters();
    // By number: undoing a change gives an earlier version, not the newest one.
    const { key: connector, version } = body;
    const path = `/v1/integrations/${integration}`;
    if (given === undefined) await host.send('PATCH', path, { version });
    else await host.send('PUT', path, { connector, version, parameters: given });
    const seconds = (/** @type {number} */ ms) => (ms / 1000).toFixed(1);
    show(`live: ${connector} version ${version} after ${seconds(performance.now() - startedAt)} s (build ${seconds(builtAt - startedAt)}, host ${seconds(uploadedAt - builtAt)})`);
    await onLive();
    await prepareNextBuild(made.engine);
  }
}
