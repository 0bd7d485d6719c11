/**
 * Finds a connector's examples. What is in them is the host program's to judge.
 */
import { list } from './list.js';

/** What to say where there is none: file, line, what, remedy. */
export const NO_EXAMPLES = /** @type {[string, undefined, string, string]} */ ([
  'examples',
  undefined,
  'the connector has no examples, so nothing tests it',
  'Write `examples/<name>.json`: a request and what must come of it.',
]);

/**
 * @param {string} root the connector folder
 * @returns {Promise<string[]>} file names
 */
export async function exampleFiles(root) {
  return (await list(root, 'examples')).files.filter((name) => name.endsWith('.json'));
}
