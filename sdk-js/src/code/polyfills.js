/**
 * What a bundle brings of the web and of the language where its engine lacks it: only what its code names.
 */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { encodingTables } from './encodings.js';
import { intlModule, localesOf } from './intl.js';

const FOLDER = fileURLToPath(new URL('../guest/polyfills/', import.meta.url));

/** @type {Map<string, Promise<string>>} */
const made = new Map();

/**
 * @param {string} code a bundle without comments
 * @param {import('../engines.js').Engine} engine
 * @param {string} text the author's own files in it
 * @param {readonly string[]} asked the languages that `spec.yml` asks for
 * @returns {Promise<string>} code that is to run before it; lines, or nothing
 */
export async function polyfillsFor(code, { polyfills, lacksEncodings }, text, asked) {
  const wanted = Object.entries(polyfills).filter(([, names]) => names.test(code));
  const texts = wanted.map(([name]) => (name === 'intl' ? intl(localesOf(text, asked)) : polyfill(name)));
  const tables = lacksEncodings ? encodingTables(text, code) : '';
  return tables + (await Promise.all(texts)).join('');
}

/** @param {string} name */
function polyfill(name) {
  return once(name, { entryPoints: [`${FOLDER}${name}.js`] });
}

/** @param {readonly string[]} locales */
function intl(locales) {
  return once(`intl ${locales.join()}`, { stdin: { contents: intlModule(locales), resolveDir: FOLDER } });
}

/**
 * @param {string} key
 * @param {import('esbuild').BuildOptions} input
 */
function once(key, input) {
  const text = made.get(key) ?? bundled(input);
  made.set(key, text);
  return text;
}

/** @param {import('esbuild').BuildOptions} input */
async function bundled(input) {
  const { outputFiles } = await build({
    ...input,
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
  return /** @type {import('esbuild').OutputFile[]} */ (outputFiles)[0].text;
}
