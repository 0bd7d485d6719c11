/**
 * Words why no component could be made: module-level code ran and failed, because the snapshot loads every module.
 * Pure: places in the bundle become places in the author's files by the map inside the bundle.
 */
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { MODULE_NAME } from '../code/bundle-code.js';

const UNKNOWN_IMPORT = /attempted to call an unknown imported function: '([^']+)' '([^']+)'/;
const TOP_LEVEL_EXCEPTION = /evaluating top-level script\n(\S+:\d+:\d+) (.+)/;
const PLACE = new RegExp(`[^\\s@('"]*${MODULE_NAME.replace('.', '\\.')}:(\\d+):(\\d+)`, 'g');

/**
 * @param {string} complaint what the engine's tool printed
 * @param {string} code
 */
export function explainFailure(complaint, code) {
  const [, where, name] = UNKNOWN_IMPORT.exec(complaint) ?? [];
  if (name !== undefined) {
    return `code at module level calls the host (\`${name}\` of ${where}), which is not there while the bundle is built. Move the call into the function.`;
  }
  const map = new TraceMap(JSON.parse(embeddedMap(code)));
  const located = complaint.replace(PLACE, (place, line, column) => {
    const { source, line: at, column: from } = originalPositionFor(map, { line: Number(line), column: Number(column) - 1 });
    return source === null ? place : `${source}:${at}:${from + 1}`;
  });
  const [, place, message] = TOP_LEVEL_EXCEPTION.exec(located) ?? [];
  if (message === undefined) return `the code cannot be loaded: ${located.trim()}`;
  return place.startsWith(MODULE_NAME) ? message : `${place}: ${message}`;
}

/** @param {string} code */
function embeddedMap(code) {
  const lastLine = code.trimEnd().split('\n').at(-1) ?? '';
  return JSON.parse(lastLine.slice(lastLine.indexOf('=') + 1, -1));
}
