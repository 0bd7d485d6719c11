/**
 * Puts the memory of a running WebAssembly instance into the module that it was made of: every instance of the result
 * begins where that one stands. Right only for a module that keeps all of its state in one memory, as the engine here does
 * between two calls: its one changing global, the stack pointer, is back where it began.
 */
import { leb128, sectionsOf, withSections } from './sections.js';

const MEMORY_SECTION = 5;
const DATA_SECTION = 11;
const DATA_COUNT_SECTION = 12;
const PAGE_BYTES = 65_536;
const WORD_BYTES = 8;
/** At most so many, and empty ones beside them: the same number in every bundle. */
const PIECES = 256;
const [ACTIVE, I32_CONST, END] = [0x00, 0x41, 0x0b];

/**
 * @param {Uint8Array} module
 * @param {Uint8Array} memory
 */
export function withMemory(module, memory) {
  const pieces = piecesOf(memory);
  const count = leb128(pieces.length);
  const replaced = new Map([
    [MEMORY_SECTION, Buffer.concat([Buffer.of(1, 0), leb128(memory.length / PAGE_BYTES)])],
    [DATA_COUNT_SECTION, count],
    [DATA_SECTION, Buffer.concat([count, ...pieces.flatMap((piece) => segment(memory, piece))])],
  ]);
  const sections = [...sectionsOf(module)].map(({ id, content }) => ({ id, content: replaced.get(id) ?? content }));
  return withSections(module, sections);
}

/**
 * What is not zero, in pieces that leave out the longest runs of zeros.
 * @param {Uint8Array} memory
 * @returns {{ start: number, end: number }[]}
 */
function piecesOf(memory) {
  const gaps = gapsOf(memory);
  const longest = gaps.toSorted((a, b) => b.end - b.start - (a.end - a.start)).slice(0, PIECES + 1);
  const borders = longest.toSorted((a, b) => a.start - b.start);
  const pieces = borders.slice(1).map(({ start }, index) => ({ start: borders[index].end, end: start }));
  // Empty ones, where there is hardly anything.
  while (pieces.length < PIECES) pieces.push({ start: 0, end: 0 });
  return pieces;
}

/**
 * The runs of zeros, and what is beyond both ends.
 * @param {Uint8Array} memory
 */
function gapsOf(memory) {
  const words = new BigUint64Array(memory.buffer, memory.byteOffset, memory.length / WORD_BYTES);
  const gaps = [{ start: -Infinity, end: 0 }];
  for (let index = 0; index < words.length; index++) {
    if (words[index] !== 0n) continue;
    const start = index;
    while (index < words.length && words[index] === 0n) index++;
    if (start === 0) gaps[0].end = index * WORD_BYTES;
    else gaps.push({ start: start * WORD_BYTES, end: index * WORD_BYTES });
  }
  const last = gaps[gaps.length - 1];
  if (last.end === memory.length) last.end = Infinity;
  else gaps.push({ start: memory.length, end: Infinity });
  return gaps;
}

/**
 * @param {Uint8Array} memory
 * @param {{ start: number, end: number }} piece
 */
function segment(memory, { start, end }) {
  return [Buffer.of(ACTIVE, I32_CONST), signedLeb128(start), Buffer.of(END), leb128(end - start), memory.subarray(start, end)];
}

/** @param {number} value below 2^31 */
function signedLeb128(value) {
  const bytes = [];
  let rest = value;
  for (; rest >= 64; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}
