/**
 * Tells the bundler which modules exist in the sandbox: the SDK's runtime, what stands in for node's modules, and the imports
 * of the contract. What a package asks for and is not installed fails when it is asked for, as in node.
 */
import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { extname, isAbsolute } from 'node:path';
import { missingFrom, namesModule, nodeModule, reasonFor, unavailableModule } from './node-modules.js';
import { withoutProperties } from './regexps.js';
import { bundleRuntime } from './runtime.js';

/** The beginning of every module name that is the SDK's, not an author's. */
export const SDK_PREFIX = 'patchbay-sdk:';

const RUNTIME = `${SDK_PREFIX}runtime`;
/** Runs the runtime where it is imported: before the author's files, which the bundler would otherwise put first. */
const FIRST = `${SDK_PREFIX}first`;
/** The other modules of node. */
const NODE = `${SDK_PREFIX}node/`;
/** Modules of node that every bundle has, and the name of what stands in for them in the runtime. */
const RUNTIME_MODULES = new Map([
  ['crypto', 'nodeCrypto'],
  ['buffer', 'nodeBuffer'],
]);

/** The runtime as a file of its own, for an engine that loads several. */
export const RUNTIME_FILE = 'runtime.js';

/** What the runtime imports of the contract, and of its engine. */
const CONTRACT = new Map([
  ['patchbay:connector/log@0.1.0', ['write']],
  ['patchbay:connector/api-client@0.1.0', ['send']],
  ['patchbay:connector/crypto@0.1.0', ['digest', 'hmac', 'equal', 'verify', 'sign']],
  ['patchbay:connector/json@0.1.0', ['bodyHasUnusualNumbers']],
  ['patchbay:engine', ['sleep', 'randomBytes', 'encodeUtf8', 'decodeUtf8', 'encodeLatin1', 'decodeLatin1', 'sawUnusualNumber']],
]);

const SCRIPT = /\.[cm]?[jt]sx?$/;
/** @type {Record<string, string>} */
const LOADERS = { '.ts': 'ts', '.mts': 'ts', '.cts': 'ts', '.tsx': 'tsx', '.jsx': 'jsx' };
const NAMESPACE = 'sdk';
/** What is asked for and is not there. */
const MISSING = 'sdk-missing';
/** What a package switches off. */
const OFF = 'sdk-off';
/** Names of packages and modules: asking about every file of a large package would take a minute. */
const BARE = /^[^./]/;
/** Imports that need not be there when the bundle is loaded. */
const LATE = ['require-call', 'require-resolve', 'dynamic-import'];

/** @type {Map<string, ReturnType<typeof bundleRuntime>>} */
const runtimes = new Map();

/**
 * The runtime of an engine. The same for every bundle, so a process that builds again and again makes it once.
 * @param {import('../engines.js').Engine} engine
 */
export function runtimeOf(engine) {
  const made = runtimes.get(engine.name) ?? bundleRuntime(engine);
  runtimes.set(engine.name, made);
  return made;
}

/**
 * Whether a module is the SDK's, by its name in the bundler's source map or list of files.
 * @param {string} name
 */
export function isSdk(name) {
  return /^sdk(-\w+)?:/.test(name) || name.includes(SDK_PREFIX);
}

/**
 * @param {import('../engines.js').Engine} engine
 * @param {{ isLenient?: boolean }} [options] whether all that cannot be found is left out, to see what imports what
 * @returns {import('esbuild').Plugin}
 */
export const sandboxModules = (engine, { isLenient = false } = {}) => ({
  name: 'sandbox-modules',
  setup(build) {
    const runtime = runtimeOf(engine);

    build.onResolve({ filter: /^patchbay-sdk:/ }, ({ path }) => {
      return engine.loadsFiles && path === RUNTIME ? { path: `./${RUNTIME_FILE}`, external: true } : { path, namespace: NAMESPACE };
    });

    build.onResolve({ filter: /^patchbay:(connector\/|engine$)/ }, ({ path, importer, namespace }) => {
      if (namespace !== NAMESPACE) {
        return mistake(`a connector cannot import \`${path}\` itself`, 'Use what the function is given: `apiClient`, `console`, `node:crypto`.');
      }
      return importer === RUNTIME ? { path, namespace: NAMESPACE } : { path, external: true };
    });

    build.onResolve({ filter: isLenient ? /.*/ : BARE }, async (wanted) => {
      // Asked by a plugin: only the bundler itself is to answer.
      if (wanted.pluginData !== undefined || wanted.kind === 'entry-point') return undefined;
      if (isBuiltin(wanted.path)) return (await replaced(wanted)) ?? standIn(wanted.path);
      const isOptional = LATE.includes(wanted.kind) && wanted.importer.includes('node_modules');
      return (isOptional || isLenient) && (await isMissing(wanted)) ? { path: wanted.path, namespace: MISSING } : undefined;
    });

    build.onLoad({ filter: /.*/, namespace: NAMESPACE }, async ({ path }) => {
      const { code, exports } = await runtime;
      if (path === RUNTIME) return { contents: code };
      if (path === FIRST) return { contents: `import '${RUNTIME}';` };
      if (path === `${SDK_PREFIX}node-unavailable`) return { contents: await unavailableModule() };
      if (path === `${SDK_PREFIX}node-names`) return { contents: namesModule() };
      if (path.startsWith(NODE)) return { contents: await nodeModule(path.slice(NODE.length)) };
      const names = CONTRACT.get(path);
      return { contents: names === undefined ? runtimeModule(path.slice(SDK_PREFIX.length), exports) : contractModule(path, names) };
    });

    build.onLoad({ filter: /.*/, namespace: MISSING }, ({ path }) => ({ contents: throwing(`Cannot find module '${path}'`) }));
    build.onLoad({ filter: /\.node$/ }, ({ path }) => ({ contents: throwing(`${path.split('/').at(-1)} is machine code, which the sandbox does not run`) }));

    /**
     * What a package itself has in place of a module of node: its `browser` field names another file, or nothing. That an
     * npm package bears the name of the module means nothing, as in node.
     * @param {import('esbuild').OnResolveArgs} wanted
     */
    async function replaced({ path, importer, namespace, resolveDir, kind }) {
      const isInRuntime = RUNTIME_MODULES.has(path.replace(/^node:/, ''));
      if (namespace !== 'file' || path.startsWith('node:') || isInRuntime) return undefined;
      const { errors, ...found } = await build.resolve(path, { importer, namespace, resolveDir, kind, pluginData: 'resolved' });
      if (errors.length > 0 || found.external) return undefined;
      // So the bundler says that the field switches the module off.
      if (!isAbsolute(found.path)) return { path, namespace: OFF };
      return found.path.includes(`/node_modules/${path}/`) ? undefined : found;
    }

    build.onLoad({ filter: /.*/, namespace: OFF }, () => ({ contents: 'module.exports = {};' }));

    if (engine.lacksProperties) {
      build.onLoad({ filter: SCRIPT }, async ({ path, namespace }) => {
        if (namespace !== 'file') return undefined;
        const contents = withoutProperties(path, await readFile(path, 'utf8'));
        return contents === undefined ? undefined : { contents, loader: /** @type {import('esbuild').Loader} */ (LOADERS[extname(path)] ?? 'js') };
      });
    }

    /** @param {import('esbuild').OnResolveArgs} wanted */
    async function isMissing({ path, importer, namespace, resolveDir, kind }) {
      const { errors } = await build.resolve(path, { importer, namespace, resolveDir, kind, pluginData: 'resolved' });
      return errors.length > 0;
    }
  },
});

/** @param {string} path a module of node */
function standIn(path) {
  const module = path.replace(/^node:/, '');
  return { path: `${SDK_PREFIX}${RUNTIME_MODULES.get(module) ?? `node/${module}`}`, namespace: NAMESPACE };
}

/** @param {string} message */
function throwing(message) {
  return `throw Object.assign(new Error(${JSON.stringify(message)}), { code: 'MODULE_NOT_FOUND' });`;
}

/**
 * A module of node by what the runtime has of it. It names its exports, so that a wrong name is found by the bundler; each
 * under an alias, so that no variable of an author is renamed because of it.
 * @param {string} standIn
 * @param {Record<string, string[]>} exports
 */
function runtimeModule(standIn, exports) {
  const [[module]] = [...RUNTIME_MODULES].filter(([, name]) => name === standIn);
  const names = exports[standIn].filter((name) => name !== 'default');
  const missing = missingFrom(module, names);
  const whole = `(patchbay_${standIn}.default ?? patchbay_${standIn})`;
  const aliases = [
    ...names.map((name) => `const patchbay_${name} = patchbay_${standIn}.${name};`),
    `const patchbay_whole = patchbay_completed(${JSON.stringify(module)}, { ...${whole} }, ${JSON.stringify({ functions: missing, values: {}, parts: {} })}, ${JSON.stringify(reasonFor(module))});`,
    ...missing.map((name) => `const patchbay_${name} = patchbay_whole.${name};`),
  ];
  const exported = [...names, ...missing].map((name) => `patchbay_${name} as ${name}`);
  return [
    `import { ${standIn} as patchbay_${standIn} } from '${RUNTIME}';`,
    `import patchbay_completed from '${SDK_PREFIX}node-unavailable';`,
    ...aliases,
    `export { ${exported.join(', ')} };`,
    'export default patchbay_whole;',
  ].join('\n');
}

/**
 * The names of the contract under an alias, for the same reason.
 * @param {string} specifier
 * @param {readonly string[]} names
 */
function contractModule(specifier, names) {
  const imported = names.map((name) => `${name} as patchbay_${name}`).join(', ');
  const exported = names.map((name) => `patchbay_${name} as ${name}`).join(', ');
  return `import { ${imported} } from '${specifier}';\nexport { ${exported} };`;
}

/**
 * @param {string} text
 * @param {string} remedy
 */
function mistake(text, remedy) {
  return { errors: [{ text, detail: { remedy } }] };
}
