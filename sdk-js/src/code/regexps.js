/**
 * Rewrites regular expressions with Unicode properties (`\p{L}`) to the characters that they stand for, for an engine that
 * knows no properties. A change within its line, so that places in the source stay nearly what they were.
 */
import { parseSync } from 'oxc-parser';
import rewritePattern from 'regexpu-core';
import { dotted, nodes } from './syntax.js';

const PROPERTY = /\\[pP]\{/;

/**
 * @param {string} file
 * @param {string} text
 * @returns {string | undefined} nothing if there is nothing to rewrite
 */
export function withoutProperties(file, text) {
  if (!PROPERTY.test(text)) return undefined;
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) return undefined;
  const changes = [...nodes(program)].map(changeOf).filter((each) => each !== undefined);
  return changes.sort((a, b) => b.start - a.start).reduce((all, { start, end, by }) => all.slice(0, start) + by + all.slice(end), text);
}

/**
 * @param {any} node
 * @returns {{ start: number, end: number, by: string } | undefined}
 */
function changeOf(node) {
  if (node.type === 'Literal' && node.regex && PROPERTY.test(node.regex.pattern)) {
    const found = rewritten(node.regex.pattern, node.regex.flags);
    return found && { start: node.start, end: node.end, by: `/${found.pattern}/${found.flags}` };
  }
  const isMade = ['NewExpression', 'CallExpression'].includes(node.type) && dotted(node.callee) === 'RegExp';
  const [pattern, flags] = isMade ? node.arguments.map((/** @type {any} */ each) => each.value) : [];
  if (typeof pattern !== 'string' || typeof flags !== 'string' || !PROPERTY.test(pattern)) return undefined;
  const found = rewritten(pattern, flags);
  return found && { start: node.arguments[0].start, end: node.arguments[1].end, by: `${JSON.stringify(found.pattern)},${JSON.stringify(found.flags)}` };
}

/**
 * @param {string} pattern
 * @param {string} flags
 */
function rewritten(pattern, flags) {
  // Without one of these flags `\p` is a plain letter.
  if (!/[uv]/.test(flags)) return undefined;
  try {
    return {
      pattern: rewritePattern(pattern, flags, { unicodePropertyEscapes: 'transform', unicodeSetsFlag: flags.includes('v') ? 'transform' : undefined }),
      flags: flags.replace('v', 'u'),
    };
  } catch {
    // An expression that is wrong is the engine's to report.
    return undefined;
  }
}
