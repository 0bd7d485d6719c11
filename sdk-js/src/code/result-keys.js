/**
 * Finds keys in what a handler returns that nothing reads. A likely misspelling, `event` for `events`, is a mistake: the
 * sandbox refuses it too, but only once such a request has come.
 * Looks at objects that are written out in the function's own `return`; what is made elsewhere is not judged.
 */
import { misspelt } from '../suggest.js';
import { bare, nodes } from './syntax.js';

const FUNCTIONS = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'];

/**
 * @param {any} program
 * @param {readonly string[]} known
 * @returns {Generator<{ node: any, isMistake: boolean, what: string, remedy: string }>}
 */
export function* unknownResultKeys(program, known) {
  const method = defaultFunction(program);
  if (method === undefined) return;
  for (const result of results(method)) {
    for (const property of result.type === 'ObjectExpression' ? result.properties : []) {
      const key = property.computed ? undefined : (property.key?.name ?? property.key?.value);
      if (typeof key !== 'string' || known.includes(key)) continue;
      const meant = misspelt(key, known) ?? known.find((each) => each.toLowerCase().endsWith(key.toLowerCase()));
      const remedy = meant === undefined ? 'Nothing reads it.' : `Did you mean \`${meant}\`?`;
      yield { node: property, isMistake: meant !== undefined, what: `\`${key}\` is not a part of the result`, remedy };
    }
  }
}

/** @param {any} method */
function* results(method) {
  if (method.body.type !== 'BlockStatement') yield bare(method.body);
  for (const node of nodes(method.body, (each) => !FUNCTIONS.includes(each.type))) {
    if (node.type === 'ReturnStatement' && node.argument) yield bare(node.argument);
  }
}

/** @param {any} program */
function defaultFunction(program) {
  const exported = program.body.find((/** @type {any} */ each) => each.type === 'ExportDefaultDeclaration')?.declaration;
  if (exported?.type !== 'Identifier') return FUNCTIONS.includes(exported?.type) ? exported : undefined;
  return program.body.find((/** @type {any} */ each) => each.type === 'FunctionDeclaration' && each.id?.name === exported.name);
}
