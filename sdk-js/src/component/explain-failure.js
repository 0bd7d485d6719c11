/**
 * Explains why a build failed in module-level code, which runs because the snapshot loads every module.
 * Pure: maps positions in the bundle to the author's files with the source map in the bundle.
 */
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { MODULE_NAME } from '../code/bundle-code.js';

/** The messages of each engine. */
const UNKNOWN_IMPORTS = [
  /attempted to call an unknown imported function: '(?<where>[^']+)' '(?<name>[^']+)'/,
  /unknown import: `(?<where>[^`#]+)#(?<name>[^`]+)` has not been defined/,
];
const TOP_LEVEL_EXCEPTIONS = [
  /evaluating top-level script\n(?<place>\S+:\d+:\d+) (?<message>.+)/,
  /module evaluation: (?:Error: )?(?<message>.+)\n +at (?:.* \()?(?<place>[^\s(]+:\d+:\d+)/,
];
const PLACE = new RegExp(`[^\\s@('"]*${MODULE_NAME.replace('.', '\\.')}:(\\d+):(\\d+)`, 'g');

/**
 * @param {string} complaint the error output of the engine's tool
 * @param {string} code
 */
export function explainFailure(complaint, code) {
  const { where, name } = groups(UNKNOWN_IMPORTS, complaint);
  if (name !== undefined) {
    return `code at module level calls the host (\`${name}\` of ${where}), which is not there while the bundle is built. Move the call into the function.`;
  }
  const map = new TraceMap(JSON.parse(embeddedMap(code)));
  const located = complaint.replace(PLACE, (place, line, column) => {
    const { source, line: at, column: from } = originalPositionFor(map, { line: Number(line), column: Number(column) - 1 });
    return source === null ? place : `${source}:${at}:${from + 1}`;
  });
  const { place, message } = groups(TOP_LEVEL_EXCEPTIONS, located);
  if (message === undefined) return `the code cannot be loaded: ${located.trim()}`;
  // A message of the SDK has no position in the author's files.
  return place.startsWith(MODULE_NAME) || place.startsWith('/') ? message : `${place}: ${message}`;
}

/**
 * The groups of the first expression that matches.
 * @param {readonly RegExp[]} expressions
 * @param {string} text
 * @returns {Record<string, string>}
 */
function groups(expressions, text) {
  return expressions.map((each) => each.exec(text)?.groups).find((each) => each !== undefined) ?? {};
}

/** @param {string} code */
function embeddedMap(code) {
  const lastLine = code.trimEnd().split('\n').at(-1) ?? '';
  return JSON.parse(lastLine.slice(lastLine.indexOf('=') + 1, -1));
}
