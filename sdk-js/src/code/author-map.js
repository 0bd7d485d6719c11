/**
 * Cuts a source map down to what an author can use, the places in their own files and packages, and into blocks that are
 * read one by one: to place a failure in a large bundle must not cost the call its time.
 */
import { decodedMap, encodedMap, TraceMap } from '@jridgewell/trace-mapping';
import { isSdk } from './sandbox-modules.js';

/** Few enough to be read at once, many enough that a block is small beside its places. */
const BLOCK_SEGMENTS = 256;

/** @typedef {import('@jridgewell/trace-mapping').SourceMapSegment} Segment */

/**
 * @param {string} text a source map
 * @param {number} linesBefore what stands before the code that it is of
 * @returns {import('../guest/source-map.js').AuthorMap}
 */
export function authorMap(text, linesBefore) {
  const { sources, names, mappings } = decodedMap(new TraceMap(text));
  const keptSources = new Numbered();
  const keptNames = new Numbered();

  /**
   * @param {Segment} segment
   * @returns {Segment}
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
    blocks(segments.map(kept).filter((each, index, all) => each.length > 1 || (all[index - 1]?.length ?? 1) > 1)),
  );
  return { sources: keptSources.list, names: keptNames.list, lines: [...Array(linesBefore).fill([]), ...lines] };
}

/**
 * @param {Segment[]} segments of one line
 * @returns {[number, string][]}
 */
function blocks(segments) {
  /** @type {[number, string][]} */
  const found = [];
  for (let at = 0; at < segments.length; at += BLOCK_SEGMENTS) {
    const block = segments.slice(at, at + BLOCK_SEGMENTS);
    found.push([block[0][0], encodedMap(new TraceMap({ version: 3, sources: [], names: [], mappings: [block] })).mappings]);
  }
  return found;
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
