/**
 * Leaves the engine's memory in the state from which every call starts.
 */

/** More than almost every call needs. Memory that was never written to is not stored in the bundle and costs nothing. */
const ROOM_BYTES = 4 << 20;

/**
 * Makes room, so that a call neither has to grow its memory nor starts to look for garbage, which would touch all of it:
 * the engine does that when an object is made, and sets the next limit by what is in use then.
 * Nothing else may be made and freed here: what a call needs would come from the gaps, each on another page, and the pages
 * that a call writes to are most of what it costs.
 */
export function makeRoom() {
  return [new ArrayBuffer(ROOM_BYTES), {}].length;
}
