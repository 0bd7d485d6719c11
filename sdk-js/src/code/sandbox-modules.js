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
const NODE_MODULES = new Map([
  ['crypto', `${SDK_PREFIX}crypto`],
  ['buffer', `${SDK_PREFIX}buffer`],
]);

/** What the runtime imports of the contract. */
const CONTRACT = new Map([
  ['patchbay:connector/log@0.1.0', ['write']],
  ['patchbay:connector/api-client@0.1.0', ['send']],
  ['patchbay:connector/crypto@0.1.0', ['digest', 'hmac', 'equal', 'verify', 'sign']],
]);

const NAMESPACE = 'sdk';

/** @type {ReturnType<typeof bundleRuntime> | undefined} */
let runtime;

/**
 * Whether a module is the SDK's, by its name in the bundler's source map or list of files.
 * @param {string} name
 */
export function isSdk(name) {
  return name.startsWith(`${NAMESPACE}:`) || name.includes(SDK_PREFIX);
}

/** @type {import('esbuild').Plugin} */
export const sandboxModules = {
  name: 'sandbox-modules',
  setup(build) {
    // The same for every bundle, so a process that builds again and again makes it once.
    runtime ??= bundleRuntime();

    build.onResolve({ filter: /^patchbay-sdk:/ }, ({ path }) => ({ path, namespace: NAMESPACE }));

    build.onResolve({ filter: /^patchbay:connector\// }, ({ path, importer, namespace }) => {
      if (namespace !== NAMESPACE) {
        return mistake(`a connector cannot import \`${path}\` itself`, 'Use what the function is given: `apiClient`, `console`, `node:crypto`.');
      }
      return importer === RUNTIME ? { path, namespace: NAMESPACE } : { path, external: true };
    });

    build.onResolve({ filter: /.*/ }, async ({ path, kind, resolveDir, pluginData }) => {
      if (pluginData === 'resolved' || kind === 'entry-point' || !isBuiltin(path)) return undefined;
      const replacement = NODE_MODULES.get(path.replace(/^node:/, ''));
      if (replacement !== undefined) return { path: replacement, namespace: NAMESPACE };
      return (await installed(path, resolveDir, kind)) ?? notInSandbox(path);
    });

    build.onLoad({ filter: /.*/, namespace: NAMESPACE }, async ({ path }) => {
      const { code, cryptoNames } = await (runtime ??= bundleRuntime());
      if (path === RUNTIME) return { contents: code };
      if (path === FIRST) return { contents: `import '${RUNTIME}';` };
      const names = CONTRACT.get(path);
      return { contents: names === undefined ? nodeModule(path, cryptoNames) : contractModule(path, names) };
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
};

/**
 * A module of node by what the runtime has of it. `crypto` names its exports, so that a wrong name is found by the
 * bundler; each under an alias, so that no variable of an author is renamed because of it.
 * @param {string} path
 * @param {readonly string[]} cryptoNames
 */
function nodeModule(path, cryptoNames) {
  if (path !== NODE_MODULES.get('crypto')) return `module.exports = require('${RUNTIME}').nodeBuffer;`;
  const aliases = cryptoNames.map((name) => `const patchbay_${name} = nodeCrypto.${name};`);
  const exported = cryptoNames.map((name) => `patchbay_${name} as ${name}`);
  return [
    `import { nodeCrypto } from '${RUNTIME}';`,
    ...aliases,
    `export { ${exported.join(', ')} };`,
    'export default nodeCrypto.default;',
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
