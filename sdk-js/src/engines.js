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
 * @property {Record<string, RegExp>} polyfills files of `src/guest/polyfills` that add what the engine lacks, and the names by which
 *   code asks for it; in the order in which they run
 * @property {string} other the engine that has what this one lacks
 * @property {readonly string[]} lacks names that only the other one has
 * @property {boolean} lacksProperties whether its regular expressions know no Unicode properties
 * @property {boolean} lacksEncodings whether its `TextDecoder` knows only UTF and Latin-1
 * @property {boolean} loadsFiles whether a component can consist of several files
 * @property {boolean} ownsEventLoop whether the SDK implements timers, and the engine calls the bundle to run them
 */

/** Formats by language and zone, which no engine here has. */
const INTL = /\bIntl\b|\.toLocale(Date|Time)?String\(/;

/** @type {Record<string, Engine>} */
export const ENGINES = {
  starlingmonkey: {
    name: 'starlingmonkey',
    other: 'quickjs',
    lacks: ['SharedArrayBuffer'],
    tool: '@bytecodealliance/componentize-js',
    process: 'src/component/componentize-process.js',
    runtime: 'src/guest/starlingmonkey/runtime.js',
    polyfills: {
      'can-parse': /\bURL\.(canParse|parse)\b/,
      messages: /\bMessage(Channel|Port|Event)\b/,
      normalize: /["'`]NFK?[CD]["'`]|\.normalize\(\)/,
      intl: INTL,
    },
    lacksProperties: true,
    lacksEncodings: false,
    loadsFiles: false,
    ownsEventLoop: false,
  },
  quickjs: {
    name: 'quickjs',
    other: 'starlingmonkey',
    lacks: ['CompressionStream', 'DecompressionStream'],
    process: 'src/component/quickjs-process.js',
    runtime: 'src/guest/quickjs/runtime.js',
    polyfills: {
      url: /\bURL\b/,
      events: /\b(Event|EventTarget|CustomEvent|AbortController|AbortSignal|Message(Channel|Port|Event))\b/,
      messages: /\bMessage(Channel|Port|Event)\b/,
      streams: /\b(Readable|Writable|Transform)Stream\b/,
      fetch: /\b(Headers|Request|Response|Blob|File|FormData)\b/,
      intl: INTL,
    },
    lacksProperties: false,
    lacksEncodings: true,
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
