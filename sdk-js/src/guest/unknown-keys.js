/**
 * Refuses keys that nothing reads, because a mistyped key would otherwise lose events in silence.
 */
import { didYouMean } from '../suggest.js';

/**
 * @param {string} subject what has the keys, with its verb: `handle returned`
 * @param {Record<string, unknown>} object
 * @param {readonly string[]} known
 */
export function refuseUnknownKeys(subject, object, known) {
  for (const key of Object.keys(object)) {
    if (known.includes(key)) continue;
    const hint = didYouMean(key, known);
    throw new TypeError(`${subject} \`${key}\`; ${hint.charAt(0).toLowerCase()}${hint.slice(1)}`);
  }
}
