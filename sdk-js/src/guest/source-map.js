/**
 * Says where in the author's own files a place in the bundle comes from.
 * Decodes only the block of the map in which the place is: a whole map takes seconds in a large bundle.
 */
import { traceSegment, TraceMap } from '@jridgewell/trace-mapping';

/**
 * @typedef {object} AuthorMap
 * @property {string[]} sources
 * @property {string[]} names
 * @property {[number, string][][]} lines for each line of the bundle its blocks: the first column, and segments as a source map writes them
 *
 * @typedef {{ file: string, line: number, column: number }} Position
 */

/**
 * @param {number} line from 1
 * @param {number} column from 1
 * @returns {Position | undefined} nothing for places in the SDK
 */
export function authorPosition(line, column) {
  return globalThis.__patchbaySourceMap && positionIn(globalThis.__patchbaySourceMap, line, column);
}

/**
 * @param {AuthorMap} map
 * @param {number} line from 1
 * @param {number} column from 1
 * @returns {Position | undefined}
 */
export function positionIn({ sources, lines }, line, column) {
  const block = lines[line - 1]?.findLast(([first]) => first < column);
  if (block === undefined) return undefined;
  const segment = traceSegment(new TraceMap({ version: 3, sources: [], names: [], mappings: block[1] }), 0, column - 1);
  if (segment === null || segment.length === 1) return undefined;
  return { file: sources[segment[1]], line: segment[2] + 1, column: segment[3] + 1 };
}

/**
 * The name an author gave to a function that the bundler renamed: it names anonymous default exports after their
 * file, and numbers a function whose name another file uses too.
 * @param {string} name
 */
export function authorName(name) {
  if (/_default\d*$/.test(name)) return 'default';
  const stem = name.replace(/\d+$/, '');
  return stem !== name && globalThis.__patchbaySourceMap?.names.includes(stem) ? stem : name;
}
