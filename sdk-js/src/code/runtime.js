/**
 * Bundles the SDK's guest files to one text, apart from the author's code: in one scope with it, a helper named `data`
 * would turn the author's `data` into `data2`, and error messages with it.
 */
import { build, transform } from 'esbuild';
import { fileURLToPath } from 'node:url';

const SDK_ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What stands in for modules of node, by the name under which the runtime exports it. */
const NODE_MODULES = { nodeBuffer: 'src/guest/node-buffer.js', nodeCrypto: 'src/guest/crypto/node-crypto.js' };

/**
 * @typedef {object} Runtime
 * @property {string} code for an engine that loads several files an ES module; else a CommonJS module, to be closed in a function
 * @property {Record<string, string[]>} exports what each stand-in for a module of node exports, by its name in the runtime
 */

/**
 * @param {import('../engines.js').Engine} engine
 * @returns {Promise<Runtime>}
 */
export async function bundleRuntime({ runtime, loadsFiles }) {
  const { outputFiles, metafile } = await build({
    entryPoints: [runtime, ...Object.values(NODE_MODULES)],
    absWorkingDir: SDK_ROOT,
    outdir: SDK_ROOT,
    bundle: true,
    write: false,
    metafile: true,
    // Only of this format does the bundler list the exports.
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: ['patchbay:*'],
    define: { global: 'globalThis' },
    // Minified, it neither names folders of this machine nor carries what nobody needs at run time.
    minify: true,
    legalComments: 'none',
    tsconfigRaw: {},
    logLevel: 'silent',
  });
  const outputs = Object.values(metafile.outputs);
  const indexOf = (/** @type {string} */ entryPoint) => outputs.findIndex((each) => each.entryPoint === entryPoint);
  const { text } = outputFiles[indexOf(runtime)];
  return {
    code: loadsFiles ? text : (await transform(text, { format: 'cjs', minify: true })).code,
    exports: Object.fromEntries(Object.entries(NODE_MODULES).map(([name, file]) => [name, outputs[indexOf(file)].exports])),
  };
}
