/**
 * Bundles the author's files and the SDK's guest files to one module, its source map inside.
 * Runs none of them.
 */
import { build } from 'esbuild';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { authorMap } from './author-map.js';
import { authorModules } from './author-modules.js';
import { entryModule } from './entry.js';
import { isOnlyNames, reasonFor } from './node-modules.js';
import { lineOf, originOf } from './origin.js';
import { polyfillsFor } from './polyfills.js';
import { isSdk, RUNTIME_FILE, runtimeOf, sandboxModules, SDK_PREFIX } from './sandbox-modules.js';

/** The name of the module in stack traces of the engine. */
export const MODULE_NAME = 'connector.js';

/** What code may name that is no variable in the sandbox. */
const DEFINED = {
  global: 'globalThis',
  'process.env.NODE_ENV': '"production"',
  __dirname: '"/"',
  __filename: '"/connector.js"',
  'import.meta.url': '"file:///connector.js"',
  'import.meta.dirname': '"/"',
  'import.meta.filename': '"/connector.js"',
};

/** Messages of the bundler about what is checked elsewhere, better. */
const UNHEEDED = ['import-is-undefined'];

/**
 * @typedef {object} Bundled
 * @property {string} [code]
 * @property {Record<string, string>} [runtime] the files that the code imports, by their names
 * @property {string[]} files the author's own, relative to the folder
 * @property {Record<string, string[]>} [imports] which file imports which
 * @property {(file: string) => import('./origin.js').Origin | undefined} [originOf] through which line of the author's a file of a package
 *   came in
 */

/**
 * @param {import('../folder/read-folder.js').Connector} connector
 * @param {import('../engines.js').Engine} engine
 * @param {import('../problems.js').Problems} problems
 * @returns {Promise<Bundled>}
 */
export async function bundleCode(connector, engine, problems) {
  try {
    const { outputFiles, metafile, warnings } = await build(options(connector, engine));
    report(warnings, (...problem) => problems.warn(...problem));
    warnOfNames(metafile.inputs, connector.root, problems);
    const [map, code] = ['.map', '.js'].map((end) => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? '');
    const files = Object.keys(metafile.inputs).filter(isAuthors);
    const text = files.map((each) => readFileSync(join(connector.root, each), 'utf8')).join('\n');
    // The bundle has no comments any more, so little else than code is found.
    const polyfills = await polyfillsFor(code, engine, text, connector.locales);
    return {
      code: polyfills + code + embeddedMap(map, polyfills.split('\n').length - 1),
      runtime: engine.loadsFiles ? { [RUNTIME_FILE]: (await runtimeOf(engine)).code } : {},
      files,
      imports: importsOf(metafile),
      originOf: (file) => originOf(file, metafile.inputs, connector.root),
    };
  } catch (failure) {
    const { errors, warnings } = /** @type {import('esbuild').BuildFailure} */ (failure);
    if (!Array.isArray(errors)) throw failure;
    report(await placed(errors, connector, engine), (...problem) => problems.error(...problem));
    report(warnings, (...problem) => problems.warn(...problem));
    return { files: methodFilesOf(connector) };
  }
}

/**
 * @param {import('../folder/read-folder.js').Connector} connector
 * @param {import('../engines.js').Engine} engine
 * @param {boolean} [isLenient]
 * @returns {import('esbuild').BuildOptions & { metafile: true, write: false }}
 */
function options(connector, engine, isLenient) {
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
    define: DEFINED,
    // Without white space the bundle has no comments, which would name folders of this machine.
    minifyWhitespace: true,
    legalComments: 'none',
    charset: 'utf8',
    sourcemap: 'external',
    sourcesContent: false,
    // A tsconfig.json around the folder would make the bundle depend on where the folder is.
    tsconfigRaw: {},
    logLevel: 'silent',
    plugins: [authorModules, sandboxModules(engine, { isLenient })],
  };
}

/**
 * What is wrong inside of a package is told where the author imports it.
 * @param {import('esbuild').Message[]} errors
 * @param {import('../folder/read-folder.js').Connector} connector
 * @param {import('../engines.js').Engine} engine
 */
async function placed(errors, connector, engine) {
  if (!errors.some(({ location }) => location?.file.includes('node_modules/'))) return errors;
  // Only a build that succeeds tells who imports whom.
  const whole = await build(options(connector, engine, true)).catch(() => undefined);
  return errors.map((error) => {
    const { location, text } = error;
    const origin = whole && location && originOf(location.file, whole.metafile.inputs, connector.root);
    if (!origin || !location) return error;
    return { ...error, location: { ...location, ...origin }, text: `the package \`${origin.package}\`: ${text} (${location.file}:${location.line})` };
  });
}

/**
 * Warns where the author's own files import what has no function in the sandbox. What packages import they may never use.
 * @param {import('./origin.js').Inputs} inputs
 * @param {string} root
 * @param {import('../problems.js').Problems} problems
 */
function warnOfNames(inputs, root, problems) {
  for (const [file, { imports }] of Object.entries(inputs).filter(([each]) => isAuthors(each))) {
    for (const { path, original } of imports) {
      if (original === undefined || !isSdk(path) || !isOnlyNames(original)) continue;
      problems.warn(file, lineOf(join(root, file), original), `\`${original}\` is there in name only: what needs it fails when it is called, for ${reasonFor(original)}`, 'Do without it.');
    }
  }
}

/**
 * The source map as one more line at the end, so that no other line moves.
 * @param {string} text
 * @param {number} linesBefore
 */
function embeddedMap(text, linesBefore) {
  return `globalThis.__patchbaySourceMap=${JSON.stringify(authorMap(text, linesBefore))};\n`;
}

/**
 * @param {import('esbuild').Message[]} messages
 * @param {(file: string, line: number | undefined, what: string, remedy: string) => void} add
 */
function report(messages, add) {
  for (const { id, text, location, detail, notes } of messages) {
    if (UNHEEDED.includes(id)) continue;
    const isUnresolved = text.includes('Could not resolve');
    const remedy = detail?.remedy
      ?? (isUnresolved ? 'Correct the path, or install the package with npm.' : notes[0]?.text ?? 'Correct the syntax.');
    add(location?.file ?? 'spec.yml', location?.line, text.replace(/\.$/, ''), remedy);
  }
}

/** @param {import('esbuild').Metafile} metafile */
function importsOf({ inputs }) {
  return Object.fromEntries(Object.entries(inputs).map(([file, { imports }]) => [file, imports.map(({ path }) => path)]));
}

/**
 * A file that package.json switches off for browsers counts as none: the bundler lists it and does not read it.
 * @param {string} input
 */
function isAuthors(input) {
  return !isSdk(input) && !input.includes('node_modules/') && !input.startsWith('(disabled):');
}

/** @param {import('../folder/read-folder.js').Connector} connector */
export function methodFilesOf({ webhooks, events, apiClient }) {
  const all = [...webhooks.map((each) => each.handle), ...events.map((each) => each.selector), apiClient?.implementation];
  return all.flatMap((each) => (each?.type === 'javascript' ? [each.file] : []));
}
