/**
 * Bundles the author's files and the SDK's guest files to one module, its source map inside.
 * Runs none of them.
 */
import { build } from 'esbuild';
import { resolve } from 'node:path';
import { authorMap } from './author-map.js';
import { authorModules } from './author-modules.js';
import { entryModule } from './entry.js';
import { isSdk, RUNTIME_FILE, runtimeOf, sandboxModules, SDK_PREFIX, URL_FILE } from './sandbox-modules.js';

/** The name of the module in stack traces of the engine. */
export const MODULE_NAME = 'connector.js';

/** The bundle has no comments any more, so little else than code is found. */
const NAMES_URL = /\bURL\b/;

/** Messages of the bundler about what is checked elsewhere, better. */
const UNHEEDED = ['import-is-undefined'];

/**
 * @param {import('../folder/read-folder.js').Connector} connector
 * @param {import('../engines.js').Engine} engine
 * @param {import('../problems.js').Problems} problems
 * @returns {Promise<{ code?: string, runtime?: Record<string, string>, files: string[], imports?: Record<string, string[]> }>} `runtime` are the files that the code
 *   imports, by their names; `files` are the author's own, relative to the folder; `imports` says which of them imports which
 */
export async function bundleCode(connector, engine, problems) {
  try {
    const { outputFiles, metafile, warnings } = await build(options(connector, engine));
    report(warnings, (...problem) => problems.warn(...problem));
    const [map, code] = ['.map', '.js'].map((end) => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? '');
    /** @type {Record<string, string>} */
    const runtime = engine.loadsFiles ? await runtimeFiles(code, engine) : {};
    return { code: code + embeddedMap(map), runtime, files: Object.keys(metafile.inputs).filter(isAuthors), imports: importsOf(metafile) };
  } catch (failure) {
    const { errors, warnings } = /** @type {import('esbuild').BuildFailure} */ (failure);
    if (!Array.isArray(errors)) throw failure;
    report(errors, (...problem) => problems.error(...problem));
    report(warnings, (...problem) => problems.warn(...problem));
    return { files: methodFilesOf(connector) };
  }
}

/**
 * @param {import('../folder/read-folder.js').Connector} connector
 * @param {import('../engines.js').Engine} engine
 * @returns {import('esbuild').BuildOptions & { metafile: true, write: false }}
 */
function options(connector, engine) {
  const root = resolve(connector.root);
  return {
    stdin: { contents: entryModule(connector, engine), resolveDir: root, sourcefile: `${SDK_PREFIX}entry.js` },
    absWorkingDir: root,
    outfile: `${root}/${MODULE_NAME}`,
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    // Packages choose their build for browsers, which is the one that does without node.
    platform: 'browser',
    target: 'es2022',
    define: { global: 'globalThis', 'process.env.NODE_ENV': '"production"' },
    // Without white space the bundle has no comments, which would name folders of this machine.
    minifyWhitespace: true,
    legalComments: 'none',
    charset: 'utf8',
    sourcemap: 'external',
    sourcesContent: false,
    // A tsconfig.json around the folder would make the bundle depend on where the folder is.
    tsconfigRaw: {},
    logLevel: 'silent',
    plugins: [authorModules, sandboxModules(engine)],
  };
}

/**
 * @param {string} code
 * @param {import('../engines.js').Engine} engine
 * @returns {Promise<Record<string, string>>}
 */
async function runtimeFiles(code, engine) {
  const made = await runtimeOf(engine);
  return { [RUNTIME_FILE]: made.code, [URL_FILE]: NAMES_URL.test(code) ? made.url : '' };
}

/**
 * The source map as one more line at the end, so that no other line moves.
 * @param {string} text
 */
function embeddedMap(text) {
  return `globalThis.__patchbaySourceMap=${JSON.stringify(authorMap(text))};\n`;
}

/**
 * @param {import('esbuild').Message[]} messages
 * @param {(file: string, line: number | undefined, what: string, remedy: string) => void} add
 */
function report(messages, add) {
  for (const { id, text, location, detail, notes } of messages) {
    if (UNHEEDED.includes(id)) continue;
    const isUnresolved = text.startsWith('Could not resolve');
    const remedy = detail?.remedy
      ?? (isUnresolved ? 'Correct the path, or install the package with npm.' : notes[0]?.text ?? 'Correct the syntax.');
    add(location?.file ?? 'spec.yml', location?.line, text.replace(/\.$/, ''), remedy);
  }
}

/** @param {import('esbuild').Metafile} metafile */
function importsOf({ inputs }) {
  return Object.fromEntries(Object.entries(inputs).map(([file, { imports }]) => [file, imports.map(({ path }) => path)]));
}

/** @param {string} input */
function isAuthors(input) {
  return !isSdk(input) && !input.includes('node_modules/');
}

/** @param {import('../folder/read-folder.js').Connector} connector */
export function methodFilesOf({ webhooks, events, apiClient }) {
  const all = [...webhooks.map((each) => each.handle), ...events.map((each) => each.selector), apiClient?.implementation];
  return all.flatMap((each) => (each?.type === 'javascript' ? [each.file] : []));
}
