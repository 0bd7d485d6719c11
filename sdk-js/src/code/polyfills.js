/**
 * What a bundle brings of the web and of the language where its engine lacks it: only what its code names.
 */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const FOLDER = fileURLToPath(new URL('../guest/polyfills/', import.meta.url));

/** @type {Map<string, Promise<string>>} */
const made = new Map();

/**
 * @param {string} code a bundle without comments
 * @param {import('../engines.js').Engine} engine
 * @returns {Promise<string>} code that is to run before it; lines, or nothing
 */
export async function polyfillsFor(code, { polyfills }) {
  const wanted = Object.entries(polyfills).filter(([, names]) => names.test(code));
  return (await Promise.all(wanted.map(([name]) => polyfill(name)))).join('');
}

/** @param {string} name */
function polyfill(name) {
  const text = made.get(name) ?? bundlePolyfill(name);
  made.set(name, text);
  return text;
}

/** @param {string} name */
async function bundlePolyfill(name) {
  const { outputFiles } = await build({
    entryPoints: [`${FOLDER}${name}.js`],
    absWorkingDir: FOLDER,
    bundle: true,
    write: false,
    // None of its names meets an author's.
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    define: { global: 'globalThis' },
    minify: true,
    keepNames: true,
    legalComments: 'none',
    charset: 'utf8',
    tsconfigRaw: {},
    logLevel: 'silent',
  });
  return outputFiles[0].text;
}
