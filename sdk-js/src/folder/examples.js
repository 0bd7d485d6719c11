/**
 * Finds a connector's examples. The host program reads them.
 */
import { list } from './list.js';

/** The problem of a connector without examples: file, line, what, remedy. */
export const NO_EXAMPLES = /** @type {[string, undefined, string, string]} */ ([
  'examples',
  undefined,
  'the connector has no examples, so nothing tests it',
  'Write `examples/<name>.json`: a request and its expected result.',
]);

/**
 * @param {string} root the connector folder
 * @returns {Promise<string[]>} file names
 */
export async function exampleFiles(root) {
  return (await list(root, 'examples')).files.filter((name) => name.endsWith('.json'));
}
