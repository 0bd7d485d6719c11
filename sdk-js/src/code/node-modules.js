/**
 * What connectors get for modules of node: an implementation where that needs nothing outside (`src/guest/node`), and for
 * the rest names that refuse to be called. Each is bundled by itself, and only into bundles that import it.
 */
import { existsSync } from 'node:fs';
import { builtinModules, createRequire, isBuiltin } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const SDK_ROOT = fileURLToPath(new URL('../..', import.meta.url));
const STAND_INS = join(SDK_ROOT, 'src/guest/node');
const require = createRequire(import.meta.url);

/** Modules with the stand-in of another one. */
const ALIASES = new Map([['https', 'http'], ['sys', 'util'], ['path/win32', 'path']]);

const REQUESTS = 'requests go through `apiClient`, which get-event-selector is given';
/** Why a module cannot be what it is in node, where there is more to say. */
const REASONS = new Map([
  ...['http', 'https', 'http2', 'net', 'tls', 'dgram', 'dns', 'dns/promises'].map((name) => /** @type {const} */ ([name, `there are no sockets in the sandbox, and ${REQUESTS}`])),
  ...['fs', 'fs/promises'].map((name) => /** @type {const} */ ([name, 'there are no files in the sandbox. Import what the code needs, so that it is in the bundle'])),
  ...['child_process', 'cluster', 'worker_threads'].map((name) => /** @type {const} */ ([name, 'there is only one process in the sandbox, with one thread'])),
]);

/** @type {Map<string, Promise<string>>} */
const made = new Map();

/** Modules of which there is nothing to complete, or whose values would tell of the machine that builds. */
const UNCOMPLETED = ['console', 'module', 'process', 'punycode'];

/**
 * Whether a module is there in name only: what it is for does not work.
 * @param {string} name with or without `node:`
 */
export function isOnlyNames(name) {
  const module = withoutScheme(name);
  if (!isBuiltin(name) || ['crypto', 'buffer', 'constants'].includes(module)) return false;
  return REASONS.has(module) || !existsSync(fileOf(ALIASES.get(module) ?? module));
}

/** @param {string} name */
export function reasonFor(name) {
  return REASONS.get(withoutScheme(name)) ?? 'the sandbox has nothing of the kind';
}

/**
 * A module of node as CommonJS, so that names which are not there are found missing when they are used.
 * @param {string} module without `node:`
 */
export async function nodeModule(module) {
  const text = await standIn(ALIASES.get(module) ?? module);
  return [
    `const completed = require('patchbay-sdk:node-unavailable');`,
    `const found = (() => { const module = { exports: {} }; ${text}\nreturn module.exports; })();`,
    `module.exports = completed(${JSON.stringify(module)}, found, ${JSON.stringify(shapeOf(module))}, ${JSON.stringify(reasonFor(module))});`,
  ].join('\n');
}

/**
 * What node's own module has and its stand-in has not: functions, by their names.
 * @param {string} module
 * @param {readonly string[]} names what the stand-in has
 */
export function missingFrom(module, names) {
  return Object.keys(require(`node:${module}`)).filter((each) => typeof require(`node:${module}`)[each] === 'function' && !names.includes(each) && !each.startsWith('_'));
}

/** The function that completes modules. */
export function unavailableModule() {
  return standIn('unavailable');
}

/** The names of all modules of node. */
export function namesModule() {
  return `export const builtinModules = ${JSON.stringify(builtinModules.filter((name) => !name.startsWith('_')))};`;
}

/** @param {string} name */
function standIn(name) {
  const text = made.get(name) ?? bundleStandIn(fileOf(name));
  made.set(name, text);
  return text;
}

/** @param {string} file */
async function bundleStandIn(file) {
  if (!existsSync(file)) return '';
  const { outputFiles } = await build({
    entryPoints: [file],
    absWorkingDir: SDK_ROOT,
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'browser',
    target: 'es2022',
    define: { global: 'globalThis' },
    // Names stay, for they are in what people print.
    minifyWhitespace: true,
    legalComments: 'none',
    tsconfigRaw: {},
    logLevel: 'silent',
    footer: { js: 'module.exports = module.exports.default;' },
    plugins: [ours],
  });
  return outputFiles[0].text;
}

/**
 * Packages that stand in for modules of node use others of these: each is to be there once.
 * @type {import('esbuild').Plugin}
 */
const ours = {
  name: 'our-modules-of-node',
  setup(build) {
    build.onResolve({ filter: /^(patchbay-sdk:|node:)/ }, ({ path }) => ({ path, external: true }));
    build.onResolve({ filter: /^(abort-controller|safe-buffer|process\/|string_decoder\/|[a-z_]+(\/promises)?)$/ }, ({ path, importer }) => {
      if (path === 'abort-controller') return { path, namespace: 'nothing' };
      if (path === 'safe-buffer') return { path: 'node:buffer', external: true };
      if (importer.startsWith(STAND_INS)) return undefined;
      const name = path.replace(/\/$/, '');
      return isBuiltin(name) && existsOrOurs(name) ? { path: `node:${name}`, external: true } : undefined;
    });
    build.onLoad({ filter: /.*/, namespace: 'nothing' }, () => ({ contents: 'module.exports = globalThis;' }));
  },
};

/** @param {string} name */
function existsOrOurs(name) {
  return ['buffer', 'crypto'].includes(name) || existsSync(fileOf(name));
}

/** @param {string} module */
function fileOf(module) {
  return join(STAND_INS, `${module.replace(/[/_]/g, '-')}.js`);
}

/**
 * What node's own module exports: functions by their names, and plain data as it is.
 * @param {string} module
 */
function shapeOf(module) {
  if (UNCOMPLETED.includes(module)) return { functions: [], values: {}, parts: {} };
  return describe(require(`node:${module}`), true);
}

/**
 * @param {any} exported
 * @param {boolean} isWhole parts of parts are not looked at
 */
function describe(exported, isWhole) {
  /** @type {string[]} */
  const functions = [];
  /** @type {Record<string, unknown>} */
  const values = {};
  /** @type {Record<string, unknown>} */
  const parts = {};
  for (const name of Object.keys(exported).filter((each) => !each.startsWith('_'))) {
    const value = exported[name];
    if (typeof value === 'function') functions.push(name);
    else if (isPlain(value)) values[name] = value;
    else if (isWhole && typeof value === 'object' && value !== null) parts[name] = describe(value, false);
  }
  return { functions, values, parts };
}

/** @param {unknown} value */
function isPlain(value) {
  if (['string', 'number', 'boolean'].includes(typeof value)) return true;
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).every((each) => ['string', 'number', 'boolean'].includes(typeof each)) && Object.keys(value).length > 0;
}

/** @param {string} name */
function withoutScheme(name) {
  return name.replace(/^node:/, '');
}
