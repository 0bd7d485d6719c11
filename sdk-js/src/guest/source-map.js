/**
 * Says where in the author's own files a place in the bundle comes from.
 * The map is decoded when the first failure needs it, not before: most calls never fail.
 */
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { parsePlain } from './json.js';

/** @type {TraceMap | undefined} */
let decoded;

/**
 * @param {number} line from 1
 * @param {number} column from 1
 * @returns {{ file: string, line: number, column: number } | undefined} nothing for places in the SDK
 */
export function authorPosition(line, column) {
  decoded ??= new TraceMap(parsePlain(globalThis.__patchbaySourceMap ?? EMPTY_MAP));
  const found = originalPositionFor(decoded, { line, column: column - 1 });
  if (found.source === null) return undefined;
  return { file: found.source, line: found.line, column: found.column + 1 };
}

/**
 * The name an author gave to a function that the bundler renamed: it names anonymous default exports after their
 * file, and numbers a function whose name another file uses too.
 * @param {string} name
 */
export function authorName(name) {
  if (/_default\d*$/.test(name)) return 'default';
  const stem = name.replace(/\d+$/, '');
  return decoded?.names.includes(stem) ? stem : name;
}

const EMPTY_MAP = '{"version":3,"sources":[],"names":[],"mappings":""}';
