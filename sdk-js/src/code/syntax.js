/**
 * Walks a syntax tree, and names and places what is in it. Pure.
 */

/**
 * A node and all below it that `enters` lets in.
 * @param {any} node
 * @param {(node: any) => boolean} [enters]
 * @returns {Generator<any>}
 */
export function* nodes(node, enters = () => true) {
  if (!enters(node)) return;
  yield node;
  for (const child of Object.values(node).flat()) {
    if (typeof child?.type === 'string') yield* nodes(child, enters);
  }
}

/**
 * `a.b.c` for such a member expression; an empty text for everything else.
 * @param {any} node
 * @returns {string}
 */
export function dotted(node) {
  if (node?.type === 'Identifier') return node.name;
  if (node?.type !== 'MemberExpression' || node.computed) return '';
  return `${dotted(node.object)}.${node.property.name}`;
}

/**
 * The node inside parentheses, `await`, optional chains and type assertions.
 * @param {any} node
 * @returns {any}
 */
export function bare(node) {
  const wraps = ['ChainExpression', 'ParenthesizedExpression', 'AwaitExpression', 'TSNonNullExpression', 'TSAsExpression'];
  return wraps.includes(node?.type) ? bare(node.expression ?? node.argument) : node;
}

/**
 * The name by which a value is called last: `signature` of `a.signature`, `a['signature']` and `signature`, `digest` of
 * `x.digest('hex')`.
 * @param {any} node
 * @returns {string}
 */
export function lastName(node) {
  const inner = bare(node);
  switch (inner?.type) {
    case 'Identifier':
      return inner.name;
    case 'CallExpression':
      return lastName(inner.callee);
    case 'MemberExpression':
      return inner.computed ? (typeof inner.property.value === 'string' ? inner.property.value : '') : inner.property.name;
    default:
      return '';
  }
}

/**
 * The words of a name, in lower case: `x-hub-signature-256` and `hubSignature256` have the same last ones.
 * @param {string} name
 */
export function words(name) {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase().match(/[a-z]+|\d+/g) ?? [];
}

/**
 * The initial value of each variable of a file.
 * @param {any} program
 * @returns {Map<string, any>}
 */
export function initialValues(program) {
  const values = new Map();
  for (const node of nodes(program)) {
    if (node.type === 'VariableDeclarator' && node.id.type === 'Identifier' && node.init) values.set(node.id.name, node.init);
  }
  return values;
}
