/**
 * Turns whatever was thrown into the failure record of the contract, its stack in terms of the author's own files.
 * Never throws itself.
 */
import { describe } from './describe.js';
import { stringify } from './json.js';
import { authorName, authorPosition } from './source-map.js';

const FRAMES_MAX = 20;
const CAUSES_MAX = 3;

/**
 * How the engines write a frame: `async*name@file:line:column`, or `at name (file:line:column)`. The latter has the SDK's
 * runtime in a file of its own, whose places are nobody's here.
 */
const ENGINE_FRAME = /^(?:[^@]*\*)?([^@]*)@.*:(\d+):(\d+)$|^ *at (?:(?:<anonymous>|([^ ]+)) \()?[^ ]*\bconnector\.js:(\d+):(\d+)\)?$/;

/**
 * @param {unknown} thrown
 * @param {string} place file and line of the method that was called, for a failure without a frame of its own
 * @returns {import('../../types/wit.js').Failure}
 */
export function failure(thrown, place) {
  try {
    if (!isErrorShaped(thrown)) {
      return {
        name: 'Error',
        message: `a value that is not an Error was thrown: ${thrownText(thrown)}`,
        stack: `at ${place}`,
      };
    }
    return { name: String(thrown.name ?? 'Error'), message: String(thrown.message), stack: stack(thrown, place) };
  } catch {
    return { name: 'Error', message: 'the value that was thrown cannot be described', stack: `at ${place}` };
  }
}

/**
 * @param {unknown} thrown
 * @returns {thrown is Error}
 */
function isErrorShaped(thrown) {
  return thrown instanceof Error || (typeof thrown === 'object' && thrown !== null && 'message' in thrown);
}

/** @param {unknown} thrown */
function thrownText(thrown) {
  const isObject = typeof thrown === 'object' && thrown !== null;
  return isObject ? String(stringify(thrown)).slice(0, 200) : describe(thrown);
}

/**
 * @param {Error} error
 * @param {string} place
 */
function stack(error, place) {
  const lines = frames(error);
  if (lines.length === 0) lines.push(`at ${place}`);
  let cause = error.cause;
  for (let depth = 0; depth < CAUSES_MAX && isErrorShaped(cause); depth++) {
    lines.push(`caused by ${cause.name}: ${cause.message}`, ...frames(cause));
    cause = cause.cause;
  }
  return lines.join('\n');
}

/** @param {Error} error */
function frames(error) {
  const lines = [];
  for (const frame of String(error.stack ?? '').split('\n')) {
    const found = ENGINE_FRAME.exec(frame);
    if (found === null) continue;
    const [name, line, column] = found[2] === undefined ? found.slice(4) : found.slice(1);
    const position = authorPosition(Number(line), Number(column));
    if (position === undefined) continue;
    const place = `${position.file}:${position.line}:${position.column}`;
    lines.push(name ? `at ${authorName(name)} (${place})` : `at ${place}`);
    if (lines.length === FRAMES_MAX) break;
  }
  return lines;
}
