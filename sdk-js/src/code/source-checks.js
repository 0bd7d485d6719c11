/**
 * Finds mistakes in the author's JavaScript that the bundler accepts: no default export, values fixed at build time, an unknown
 * webhook key, an unsafe signature check. Reads the syntax tree; runs nothing.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { SELECTOR_KEYS } from '../guest/event-selector.js';
import { RESULT_KEYS } from '../guest/handle-result.js';
import { didYouMean } from '../suggest.js';
import { methodFilesOf } from './bundle-code.js';
import { missing } from './missing.js';
import { dotted, nodes } from './syntax.js';
import { unknownResultKeys } from './result-keys.js';
import { traps } from './traps.js';
import { checkSecrets } from './unused-secrets.js';

const SCRIPT = /\.[cm]?[jt]sx?$/;
const FUNCTIONS = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'];
const FROZEN_CALLS = ['Date.now', 'Math.random', 'performance.now', 'crypto.randomUUID', 'crypto.getRandomValues'];

/**
 * @param {import('../folder/read-folder.js').Connector} connector
 * @param {readonly string[]} files the author's files, relative to the folder
 * @param {Record<string, string[]> | undefined} imports which file imports which; unknown where bundling failed
 * @param {import('../engines.js').Engine} engine
 * @param {import('../problems.js').Problems} problems
 */
export async function checkSources(connector, files, imports, engine, problems) {
  const sources = new Map();
  const methods = methodFilesOf(connector);
  const webhookKeys = connector.webhooks.map(({ key }) => key);
  for (const file of files.filter((each) => SCRIPT.test(each))) {
    const text = await readFile(join(connector.root, file), 'utf8');
    const { program, module, errors } = parseSync(file, text);
    // A syntax error is the bundler's to report.
    if (errors.length > 0) continue;
    sources.set(file, { program });
    const lineOf = (/** @type {any} */ node) => text.slice(0, node.start).split('\n').length;
    for (const { node, what, remedy } of missing(program, engine)) problems.warn(file, lineOf(node), what, remedy);
    if (methods.includes(file) && !hasDefaultExport(module, program)) {
      problems.error(file, 1, 'the file has no default export', 'Write `export default async function …`.');
    }
    for (const { node, name } of frozenValues(program)) {
      problems.warn(file, lineOf(node), `\`${name}\` at module level runs once, while the bundle is built`, 'Move it into the function; otherwise every request gets the same value.');
    }
    for (const node of webhookKeyLiterals(program)) {
      if (webhookKeys.length === 0 || webhookKeys.includes(node.value)) continue;
      problems.warn(file, lineOf(node), `the connector has no global webhook \`${node.value}\``, didYouMean(node.value, webhookKeys));
    }
    const known = resultKeys(connector, file);
    const unknown = known === undefined ? [] : unknownResultKeys(program, known);
    for (const { node, isMistake, what, remedy } of unknown) {
      problems[isMistake ? 'error' : 'warn'](file, lineOf(node), what, remedy);
    }
    for (const { node, what, remedy } of traps({ program, text })) problems.warn(file, lineOf(node), what, remedy);
  }
  if (imports !== undefined) checkSecrets(connector, sources, imports, problems);
}

/**
 * The known keys of a method's result; undefined for other files.
 * @param {import('../folder/read-folder.js').Connector} connector
 * @param {string} file
 * @returns {readonly string[] | undefined}
 */
function resultKeys({ webhooks, events }, file) {
  const isOf = (/** @type {import('../folder/read-folder.js').Implementation | undefined} */ each) => each?.type === 'javascript' && each.file === file;
  if (webhooks.some(({ handle }) => isOf(handle))) return RESULT_KEYS;
  return events.some(({ selector }) => isOf(selector)) ? SELECTOR_KEYS : undefined;
}

/**
 * @param {import('oxc-parser').EcmaScriptModule} module
 * @param {any} program
 */
function hasDefaultExport({ hasModuleSyntax, staticExports }, program) {
  if (program.body.some((/** @type {any} */ each) => each.type === 'TSExportAssignment')) return true;
  if (!hasModuleSyntax) return [...nodes(program)].some(isCommonJsExport);
  return staticExports.some(({ entries }) =>
    entries.some(({ exportName }) => exportName.kind === 'Default' || exportName.name === 'default'),
  );
}

/** @param {any} node */
function isCommonJsExport(node) {
  if (node.type === 'CallExpression' && dotted(node.callee) === 'Object.defineProperty') return node.arguments[1]?.value === 'default';
  return node.type === 'AssignmentExpression' && ['module.exports', 'exports.default', 'module.exports.default'].includes(dotted(node.left));
}

/**
 * Calls at module level whose result is fixed in the snapshot.
 * @param {any} program
 */
function* frozenValues(program) {
  for (const node of nodes(program, runsAtModuleLevel)) {
    const name = dotted(node.callee);
    if (node.type === 'CallExpression' && FROZEN_CALLS.includes(name)) yield { node, name: `${name}()` };
    if (node.type === 'NewExpression' && name === 'Date' && node.arguments.length === 0) yield { node, name: 'new Date()' };
  }
}

/**
 * Function bodies run later; so do the initial values of an instance's fields.
 * @param {any} node
 */
function runsAtModuleLevel(node) {
  return !FUNCTIONS.includes(node.type) && !(node.type === 'PropertyDefinition' && !node.static);
}

/** @param {any} program */
function* webhookKeyLiterals(program) {
  for (const node of nodes(program)) {
    const isKey = node.type === 'Property' && (node.key.name ?? node.key.value) === 'globalWebhookKey';
    if (isKey && typeof node.value.value === 'string') yield node.value;
  }
}
