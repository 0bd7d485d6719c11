/**
 * Leaves the engine's memory in the state from which every call starts.
 */

/** More than almost every call needs. Memory that was never written to is not stored in the bundle and costs nothing. */
const ROOM_BYTES = 4 << 20;
/** Pieces in the sizes of what was freed while the code was loaded, the large ones first. */
const PIECES = [
  [1 << 16, 64],
  [1 << 12, 256],
  [1 << 9, 512],
  [1 << 7, 1024],
];

/**
 * Makes room, so that a call neither has to grow its memory nor starts to look for garbage, which would touch all of it;
 * and clears what was freed, which would only make the bundle larger.
 */
export function makeRoom() {
  /** @type {any} */ (globalThis).__cqjs.runGc();
  const pieces = PIECES.flatMap(([bytes, count]) => Array.from({ length: count }, () => new ArrayBuffer(bytes)));
  // The engine looks for garbage when an object is made, and sets its next limit by what is in use then.
  return [{}, pieces.length, new ArrayBuffer(ROOM_BYTES), {}].length;
}
