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
  const unknown = Object.keys(object).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  const hint = didYouMean(unknown, known);
  throw new TypeError(`${subject} \`${unknown}\`; ${hint.charAt(0).toLowerCase()}${hint.slice(1)}`);
}
