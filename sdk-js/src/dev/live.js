/**
 * Keeps an integration on the newest state of a connector folder: build, upload, and the parameters.
 * One round at a time; what changes meanwhile makes one more round.
 */
import { readFile } from 'node:fs/promises';
import { build, CheckError, prepareNextBuild } from '../index.js';
import { printProblems } from '../print.js';

export class Live {
  /** Changes that wait for the round under way. */
  #isWanted = false;
  /** @type {Promise<void> | undefined} */
  #round;

  /**
   * @param {string} folder
   * @param {{ host: import('../host/api.js').Host, integration: string, engine?: string, output: string,
   *   parameters: () => Promise<Record<string, unknown> | undefined>, show: (text: string) => void, onLive: () => Promise<void> }} options
   *   `parameters` gives nothing where those that the host has are to stay
   */
  constructor(folder, options) {
    this.folder = folder;
    this.options = options;
  }

  /** Brings the integration up to date. Mistakes are shown, not thrown: the next change may correct them. */
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
      if (status === 'compiling' && !isCompiled) show('the host compiles it, the first one of an engine for up to a minute');
      isCompiled ||= status === 'compiling';
    });
    const uploadedAt = performance.now();
    const given = await parameters();
    // By its number: a change that was undone is an old version again, and not the newest.
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
