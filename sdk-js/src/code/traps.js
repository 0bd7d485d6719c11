/**
 * Warns of unsafe code: a signature that is not compared in constant time or is computed over a reserialized body, a selector of
 * an id that may be missing, a header name that never occurs.
 * Relies on names, so it warns and never fails; doubtful cases are omitted.
 */
import { bare, dotted, initialValues, lastName, nodes, words } from './syntax.js';

/**
 * @typedef {object} Source
 * @property {any} program
 * @property {string} text
 *
 * @typedef {{ node: any, what: string, remedy: string }} Finding
 */

/**
 * @param {Source} source
 * @returns {Generator<Finding>}
 */
export function* traps(source) {
  yield* leakingComparisons(source);
  yield* rewrittenBodies(source);
  yield* uncertainSelectors(source);
  yield* unheardHeaders(source);
}

const COMPARISONS = ['==', '===', '!=', '!=='];
const SECRET_WORDS = ['signature', 'sig', 'hmac', 'digest', 'mac'];
/** Many harmless values have these names, so they count only in a comparison with a parameter or a header. */
const TOKEN_WORDS = ['token', 'secret'];
/** Words that may follow such a word in a name: `signature256`, `signatureHeader`. */
const QUALIFIERS = ['header', 'headers', 'value', 'hex', 'base', 'hash', 'sha', 'v', 'expected', 'computed', 'actual', 'given', 'received'];

/** @param {Source} source */
function* leakingComparisons({ program }) {
  const values = initialValues(program);
  for (const node of nodes(program)) {
    if (node.type !== 'BinaryExpression' || !COMPARISONS.includes(node.operator)) continue;
    const sides = [node.left, node.right].map(bare);
    if (!sides.every(isUnknownValue)) continue;
    const isSecret = sides.some((side) => isCalled(side, SECRET_WORDS, values))
      || (sides.some((side) => isCalled(side, TOKEN_WORDS, values)) && sides.some((side) => isGiven(side, values)));
    if (!isSecret) continue;
    yield {
      node,
      what: `\`${node.operator}\` compares what looks like a secret, and not in constant time`,
      remedy: 'Compare two Buffers of equal length with `timingSafeEqual` of node:crypto.',
    };
  }
}

/** @param {any} node */
function isUnknownValue(node) {
  if (node.type === 'Identifier') return node.name !== 'undefined';
  return ['MemberExpression', 'CallExpression'].includes(node.type) ? lastName(node) !== 'length' : node.type === 'TemplateLiteral' && node.expressions.length > 0;
}

/**
 * @param {any} side
 * @param {readonly string[]} wanted
 * @param {Map<string, any>} values
 * @returns {boolean}
 */
function isCalled(side, wanted, values) {
  const node = bare(side);
  if (node?.type === 'TemplateLiteral') return node.expressions.some((/** @type {any} */ each) => isCalled(each, wanted, values));
  const name = words(lastName(node)).filter((word) => !/^\d+$/.test(word));
  while (name.length > 1 && QUALIFIERS.includes(/** @type {string} */ (name.at(-1)))) name.pop();
  if (wanted.includes(name.at(-1) ?? '')) return true;
  return node?.type === 'Identifier' && values.has(node.name) && /^digest$/.test(lastName(values.get(node.name))) && wanted === SECRET_WORDS;
}

/**
 * Whether a value is taken unchanged from the request or the parameters.
 * @param {any} side
 * @param {Map<string, any>} values
 */
function isGiven(side, values) {
  const node = side.type === 'Identifier' ? bare(values.get(side.name)) : side;
  if (node?.type !== 'MemberExpression') return false;
  const owner = lastName(node.object);
  return ['parameters', 'headers', 'query'].includes(owner);
}

const SIGNING = /^(createHmac|createVerify|createSign)$/;

/** @param {Source} source */
function* rewrittenBodies({ program }) {
  const values = initialValues(program);
  for (const node of nodes(program)) {
    if (node.type !== 'CallExpression' || lastName(node.callee) !== 'update' || !isSigning(node.callee.object, values)) continue;
    for (const part of node.arguments.flatMap((/** @type {any} */ each) => [...nodes(resolved(each, values))])) {
      if (part.type === 'CallExpression' && dotted(part.callee) === 'JSON.stringify') {
        yield {
          node: part,
          what: 'a signature over `JSON.stringify(…)` does not cover the bytes as received',
          remedy: 'Use `rawBytes`: `.update(rawBytes)`.',
        };
      } else if ((part.type === 'Identifier' || part.type === 'MemberExpression') && lastName(part) === 'rawBody') {
        yield {
          node: part,
          what: 'a signature over `rawBody` is wrong for a body that is compressed or not UTF-8',
          remedy: 'Use `rawBytes`, the bytes as received; after other text: `.update(text).update(rawBytes)`.',
        };
        break;
      }
    }
  }
}

/**
 * @param {any} node
 * @param {Map<string, any>} values
 */
function isSigning(node, values) {
  return [...nodes(resolved(node, values))].some((each) => each.type === 'CallExpression' && SIGNING.test(lastName(each.callee)));
}

/**
 * @param {any} node
 * @param {Map<string, any>} values
 */
function resolved(node, values) {
  return (node?.type === 'Identifier' && node.name !== 'rawBody' && values.get(node.name)) || node;
}

const SELECTORS = ['selector', 'selectors', 'globalWebhookEventSelector'];

/** @param {Source} source */
function* uncertainSelectors({ program, text }) {
  const checked = testedTexts(program, text);
  for (const property of nodes(program)) {
    if (property.type !== 'Property' || property.computed || !SELECTORS.includes(property.key.name ?? property.key.value)) continue;
    for (const part of [...nodes(property.value)].flatMap(joinedParts)) {
      const value = text.slice(part.start, part.end);
      if (part.type !== 'ChainExpression' || checked.some((each) => each.includes(value))) continue;
      yield {
        node: part,
        what: `if \`${value}\` is undefined, so is a part of the selector, and the host rejects it`,
        remedy: 'Check the value first. If it is missing, throw an error or return without the event.',
      };
    }
  }
}

/**
 * The parts of a template or a concatenation.
 * @param {any} node
 * @returns {any[]}
 */
function joinedParts(node) {
  if (node.type === 'TemplateLiteral') return node.expressions;
  return node.type === 'BinaryExpression' && node.operator === '+' ? [node.left, node.right] : [];
}

/**
 * The texts of all conditions; a value that is tested somewhere causes no warning.
 * @param {any} program
 * @param {string} text
 */
function testedTexts(program, text) {
  return [...nodes(program)]
    .map((node) => node.test ?? (node.type === 'LogicalExpression' ? node : undefined))
    .filter((node) => node !== undefined && node !== null)
    .map((node) => text.slice(node.start, node.end));
}

/** @param {Source} source */
function* unheardHeaders({ program }) {
  const called = new Set([...nodes(program)].filter(({ type }) => type === 'CallExpression').map(({ callee }) => bare(callee)));
  const written = new Set([...nodes(program)].filter(({ type }) => type === 'AssignmentExpression').map(({ left }) => left));
  for (const node of nodes(program)) {
    for (const { name, place } of headerNames(node)) {
      if (!/[A-Z]/.test(name) || called.has(node) || written.has(node)) continue;
      yield {
        node: place,
        what: `\`headers\` has lower-case names, so \`${name}\` never occurs`,
        remedy: `Write \`${name.toLowerCase()}\`.`,
      };
    }
  }
}

/**
 * The names under which a node reads from `headers`.
 * @param {any} node
 * @returns {{ name: string, place: any }[]}
 */
function headerNames(node) {
  if (node.type === 'MemberExpression' && lastName(node.object) === 'headers') return [{ name: lastName(node), place: node.property }];
  const isDestructured = node.type === 'VariableDeclarator' && node.id.type === 'ObjectPattern' && lastName(node.init) === 'headers';
  if (!isDestructured) return [];
  return node.id.properties.flatMap((/** @type {any} */ each) =>
    each.type === 'Property' && !each.computed ? [{ name: String(each.key.name ?? each.key.value), place: each.key }] : [],
  );
}
