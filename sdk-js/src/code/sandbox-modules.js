/**
 * Tells the bundler which modules exist in the sandbox: the SDK's runtime, the few of node's modules that have a
 * replacement in it, and the imports of the contract. Every other module of node is an error in the author's file.
 */
import { isBuiltin } from 'node:module';
import { bundleRuntime } from './runtime.js';

/** The beginning of every module name that is the SDK's, not an author's. */
export const SDK_PREFIX = 'patchbay-sdk:';

const RUNTIME = `${SDK_PREFIX}runtime`;
/** Runs the runtime where it is imported: before the author's files, which the bundler would otherwise put first. */
const FIRST = `${SDK_PREFIX}first`;
/** Modules of node, and the name of what stands in for them in the runtime. */
const NODE_MODULES = new Map([
  ['crypto', 'nodeCrypto'],
  ['buffer', 'nodeBuffer'],
]);

/** The runtime as a file of its own, for an engine that loads several. */
export const RUNTIME_FILE = 'runtime.js';
export const URL_FILE = 'url.js';

/** What the runtime imports of the contract, and of its engine. */
const CONTRACT = new Map([
  ['patchbay:connector/log@0.1.0', ['write']],
  ['patchbay:connector/api-client@0.1.0', ['send']],
  ['patchbay:connector/crypto@0.1.0', ['digest', 'hmac', 'equal', 'verify', 'sign']],
  ['patchbay:connector/json@0.1.0', ['bodyHasUnusualNumbers']],
  ['patchbay:engine', ['sleep', 'randomBytes', 'encodeUtf8', 'decodeUtf8', 'encodeLatin1', 'decodeLatin1', 'sawUnusualNumber']],
]);

const NAMESPACE = 'sdk';

/** What is a file of its own for an engine that loads several. */
const FILES = new Map([
  [RUNTIME, RUNTIME_FILE],
  [`${SDK_PREFIX}url`, URL_FILE],
]);

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
  return name.startsWith(`${NAMESPACE}:`) || name.includes(SDK_PREFIX);
}

/**
 * @param {import('../engines.js').Engine} engine
 * @returns {import('esbuild').Plugin}
 */
export const sandboxModules = (engine) => ({
  name: 'sandbox-modules',
  setup(build) {
    const runtime = runtimeOf(engine);

    build.onResolve({ filter: /^patchbay-sdk:/ }, ({ path }) => {
      const file = engine.loadsFiles ? FILES.get(path) : undefined;
      return file === undefined ? { path, namespace: NAMESPACE } : { path: `./${file}`, external: true };
    });

    build.onResolve({ filter: /^patchbay:(connector\/|engine$)/ }, ({ path, importer, namespace }) => {
      if (namespace !== NAMESPACE) {
        return mistake(`a connector cannot import \`${path}\` itself`, 'Use what the function is given: `apiClient`, `console`, `node:crypto`.');
      }
      return importer === RUNTIME ? { path, namespace: NAMESPACE } : { path, external: true };
    });

    build.onResolve({ filter: /.*/ }, async ({ path, kind, resolveDir, pluginData }) => {
      if (pluginData === 'resolved' || kind === 'entry-point' || !isBuiltin(path)) return undefined;
      const replacement = NODE_MODULES.get(path.replace(/^node:/, ''));
      if (replacement !== undefined) return { path: `${SDK_PREFIX}${replacement}`, namespace: NAMESPACE };
      return (await installed(path, resolveDir, kind)) ?? notInSandbox(path);
    });

    build.onLoad({ filter: /.*/, namespace: NAMESPACE }, async ({ path }) => {
      const { code, exports } = await runtime;
      if (path === RUNTIME) return { contents: code };
      if (path === FIRST) return { contents: `import '${RUNTIME}';` };
      const names = CONTRACT.get(path);
      return { contents: names === undefined ? nodeModule(path.slice(SDK_PREFIX.length), exports) : contractModule(path, names) };
    });

    /**
     * An npm package may bear the name of a module of node: `events`, `url`.
     * @param {string} path
     * @param {string} resolveDir
     * @param {import('esbuild').ImportKind} kind
     */
    async function installed(path, resolveDir, kind) {
      if (path.startsWith('node:')) return undefined;
      const { errors, ...found } = await build.resolve(path, { resolveDir, kind, pluginData: 'resolved' });
      return errors.length === 0 && !found.external ? found : undefined;
    }
  },
});

/**
 * A module of node by what the runtime has of it. It names its exports, so that a wrong name is found by the bundler; each
 * under an alias, so that no variable of an author is renamed because of it.
 * @param {string} standIn
 * @param {Record<string, string[]>} exports
 */
function nodeModule(standIn, exports) {
  const names = exports[standIn].filter((name) => name !== 'default');
  const aliases = names.map((name) => `const patchbay_${name} = patchbay_${standIn}.${name};`);
  const exported = names.map((name) => `patchbay_${name} as ${name}`);
  return [
    `import { ${standIn} as patchbay_${standIn} } from '${RUNTIME}';`,
    ...aliases,
    `export { ${exported.join(', ')} };`,
    `export default patchbay_${standIn}.default ?? patchbay_${standIn};`,
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

/** @param {string} path */
function notInSandbox(path) {
  return mistake(`\`${path}\` does not exist in the sandbox`, 'Available are `node:crypto` and `node:buffer`, and the globals of the web: URL, TextEncoder, atob, crypto.subtle.');
}

/**
 * @param {string} text
 * @param {string} remedy
 */
function mistake(text, remedy) {
  return { errors: [{ text, detail: { remedy } }] };
}
