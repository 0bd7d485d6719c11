/**
 * Bundles the SDK's guest files to one text. It is closed in a function of its own: in one scope with the author's
 * code, a helper named `data` would turn the author's `data` into `data2`, and error messages with it.
 */
import { build, transform } from 'esbuild';
import { fileURLToPath } from 'node:url';

const SDK_ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RUNTIME = 'src/guest/runtime.js';
const NODE_CRYPTO = 'src/guest/crypto/node-crypto.js';

/**
 * @returns {Promise<{ code: string, cryptoNames: string[] }>} a CommonJS module, and what `node:crypto` exports
 */
export async function bundleRuntime() {
  const { outputFiles, metafile } = await build({
    entryPoints: [RUNTIME, NODE_CRYPTO],
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
  const closed = await transform(outputFiles[indexOf(RUNTIME)].text, { format: 'cjs', minify: true });
  return {
    code: closed.code,
    cryptoNames: outputs[indexOf(NODE_CRYPTO)].exports.filter((name) => name !== 'default'),
  };
}
