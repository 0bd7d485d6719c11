/**
 * The engines that can run a connector's JavaScript, and the differences between their bundles.
 */
import { UsageError } from './usage-error.js';

/**
 * @typedef {object} Engine
 * @property {string} name as `spec.yml` and `--engine` spell it
 * @property {string} [tool] the npm package that builds its components; without one the engine is a file of the SDK
 * @property {string} process the module that runs that package
 * @property {string} runtime the module with everything that the SDK adds to a bundle
 * @property {string} [url] the module with `URL`, for bundles that use it, if the engine has none
 * @property {boolean} loadsFiles whether a component can consist of several files
 * @property {boolean} ownsEventLoop whether the SDK implements timers, and the engine calls the bundle to run them
 */

/** @type {Record<string, Engine>} */
export const ENGINES = {
  starlingmonkey: {
    name: 'starlingmonkey',
    tool: '@bytecodealliance/componentize-js',
    process: 'src/component/componentize-process.js',
    runtime: 'src/guest/starlingmonkey/runtime.js',
    loadsFiles: false,
    ownsEventLoop: false,
  },
  quickjs: {
    name: 'quickjs',
    process: 'src/component/quickjs-process.js',
    runtime: 'src/guest/quickjs/runtime.js',
    url: 'src/guest/quickjs/url.js',
    loadsFiles: true,
    ownsEventLoop: true,
  },
};

export const DEFAULT_ENGINE = 'starlingmonkey';

/**
 * @param {string | undefined} name
 * @returns {Engine}
 */
export function engineNamed(name = DEFAULT_ENGINE) {
  if (Object.hasOwn(ENGINES, name)) return ENGINES[name];
  throw new UsageError(`There is no engine \`${name}\`. Choose one of: ${Object.keys(ENGINES).join(', ')}.`);
}
