/**
 * Prints the progress of a build. On a terminal one line counts the seconds; in a log a line is added every few seconds.
 */

import { printableLine } from './terminal.js';

const LOG_INTERVAL_MS = 5000;

/** @param {NodeJS.WriteStream} stream */
export function progressPrinter(stream) {
  let step = '';
  let shownAt = 0;
  let isLineOpen = false;

  function end() {
    if (isLineOpen) stream.write('\n');
    isLineOpen = false;
  }

  /**
   * @param {string} next
   * @param {number} elapsedMs
   */
  function show(next, elapsedMs) {
    const isTick = next === step;
    const line = printableLine(elapsedMs < 1000 ? next : `${next}: ${Math.round(elapsedMs / 1000)} s`);
    if (stream.isTTY) {
      if (!isTick) end();
      stream.write(`\r\x1b[K${line}`);
      isLineOpen = true;
    } else if (!isTick || elapsedMs - shownAt >= LOG_INTERVAL_MS) {
      stream.write(`${line}\n`);
      shownAt = elapsedMs;
    }
    step = next;
  }

  return { show, end };
}
