/**
 * Finds keys in what a handler returns that nothing reads: `event` for `events`. The sandbox refuses them too, but only
 * once such a request has come.
 * Looks at objects that are written out in the function's own `return`; what is made elsewhere is not judged.
 */
import { didYouMean } from '../suggest.js';
import { bare, nodes } from './syntax.js';

const FUNCTIONS = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'];

/**
 * @param {any} program
 * @param {readonly string[]} known
 * @returns {Generator<{ node: any, what: string, remedy: string }>}
 */
export function* unknownResultKeys(program, known) {
  const method = defaultFunction(program);
  if (method === undefined) return;
  for (const result of results(method)) {
    for (const property of result.type === 'ObjectExpression' ? result.properties : []) {
      const key = property.computed ? undefined : (property.key?.name ?? property.key?.value);
      if (typeof key !== 'string' || known.includes(key)) continue;
      yield { node: property, what: `\`${key}\` is not a part of the result`, remedy: didYouMean(key, known) };
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
