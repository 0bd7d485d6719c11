/**
 * Cuts a source map down to what an author can use: the places in their own files and packages.
 * The rest, most of it, would only make every bundle larger.
 */
import { decodedMap, encodedMap, TraceMap } from '@jridgewell/trace-mapping';
import { isSdk } from './sandbox-modules.js';

/**
 * @param {string} text a source map
 * @param {number} linesBefore what stands before the code that it is of
 * @returns {string} a source map
 */
export function authorMap(text, linesBefore) {
  const { sources, names, mappings } = decodedMap(new TraceMap(text));
  const keptSources = new Numbered();
  const keptNames = new Numbered();

  /**
   * @param {import('@jridgewell/trace-mapping').SourceMapSegment} segment
   * @returns {import('@jridgewell/trace-mapping').SourceMapSegment}
   */
  function kept(segment) {
    const [column, source, line, from, name] = /** @type {number[]} */ (segment);
    const file = sources[source];
    // A segment without a source ends the author's code before it.
    if (typeof file !== 'string' || isSdk(file)) return [column];
    const place = /** @type {[number, number, number, number]} */ ([column, keptSources.numberOf(file), line, from]);
    return name === undefined ? place : [...place, keptNames.numberOf(names[name])];
  }

  const lines = mappings.map((segments) =>
    segments.map(kept).filter((each, index, all) => each.length > 1 || (all[index - 1]?.length ?? 1) > 1),
  );
  const map = { version: /** @type {const} */ (3), sources: keptSources.list, names: keptNames.list };
  return JSON.stringify({ ...map, mappings: encodedMap(new TraceMap({ ...map, mappings: [...Array(linesBefore).fill([]), ...lines] })).mappings });
}

/** Texts, each with a number by the order of their first use. */
class Numbered {
  /** @type {Map<string, number>} */
  #numbers = new Map();

  get list() {
    return [...this.#numbers.keys()];
  }

  /** @param {string} text */
  numberOf(text) {
    const number = this.#numbers.get(text) ?? this.#numbers.size;
    this.#numbers.set(text, number);
    return number;
  }
}
