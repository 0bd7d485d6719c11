/**
 * Finds what works in Node.js and not in the sandbox, or on one of its engines alone: names that are not there, and functions
 * that ignore the language they are given. Judges by names, and is silent about what a file declares itself.
 */
import { dotted, nodes } from './syntax.js';

const NOWHERE = 'No engine has it. Do without it.';
/** Names that no engine has, by what their use looks like. */
const ABSENT = ['URLPattern', 'WebAssembly', 'Temporal', 'Atomics', 'BroadcastChannel', 'Intl.Collator', 'Intl.Segmenter', 'Intl.DisplayNames', 'Intl.DurationFormat'];

/** @typedef {{ node: any, what: string, remedy: string }} Finding */

/**
 * @param {any} program
 * @param {import('../engines.js').Engine} engine
 * @returns {Generator<Finding>}
 */
export function* missing(program, engine) {
  const declared = new Set([...nodes(program)].flatMap(declaredNames));
  const tested = new Set([...nodes(program)].filter(({ type, operator }) => type === 'UnaryExpression' && operator === 'typeof').map(({ argument }) => argument));
  for (const node of nodes(program)) {
    yield* languagesIgnored(node);
    if (engine.lacksProperties) yield* properties(node);
    const name = node.type === 'CallExpression' || node.type === 'NewExpression' ? dotted(node.callee) : dotted(node.object);
    if (name === '' || declared.has(name) || tested.has(node)) continue;
    if (ABSENT.includes(name)) yield { node, what: `\`${name}\` is not there`, remedy: NOWHERE };
    if (engine.lacks.includes(name)) {
      yield { node, what: `\`${name}\` is not there on ${engine.name}`, remedy: `It works with \`engine: ${engine.other}\`.` };
    }
  }
}

/** @param {any} node */
function declaredNames({ type, id, local }) {
  if (['VariableDeclarator', 'FunctionDeclaration', 'ClassDeclaration'].includes(type)) return [id?.name];
  return type.startsWith('Import') && local !== undefined ? [local.name] : [];
}

/**
 * @param {any} node
 * @returns {Generator<Finding>}
 */
function* languagesIgnored(node) {
  const method = node.type === 'CallExpression' && node.callee.type === 'MemberExpression' ? node.callee.property.name : undefined;
  if (method === 'localeCompare') {
    yield { node, what: '`localeCompare` compares character codes here, whatever the language', remedy: 'Compare with `<`, which says so, or by a key of your own.' };
  }
  if ((method === 'toLocaleUpperCase' || method === 'toLocaleLowerCase') && node.arguments.length > 0) {
    yield { node, what: `\`${method}\` ignores the language here`, remedy: 'Replace the letters that differ yourself.' };
  }
}

/**
 * Expressions made at run time, which cannot be rewritten while the bundle is built.
 * @param {any} node
 * @returns {Generator<Finding>}
 */
function* properties(node) {
  const isMade = ['NewExpression', 'CallExpression'].includes(node.type) && dotted(node.callee) === 'RegExp';
  const [pattern] = isMade ? node.arguments : [];
  const texts = (pattern?.quasis ?? []).map((/** @type {any} */ each) => each.value.cooked ?? '');
  if (!texts.some((/** @type {string} */ each) => /\\[pP]\{/.test(each))) return;
  yield { node, what: 'StarlingMonkey knows no Unicode properties (`\\p{…}`) in expressions that are made of variables', remedy: 'Write the expression out, or use `engine: quickjs`.' };
}
