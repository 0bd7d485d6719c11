/**
 * Refuses keys that are likely misspellings, because a mistyped key would otherwise lose events in silence. Any other key
 * that nothing reads is logged: code may be written for more products than this one.
 */
import { misspelt } from '../suggest.js';

/** What other products call the same thing. */
const SYNONYMS = new Map([['body', 'data'], ['statusCode', 'status']]);

/**
 * @param {string} subject what has the keys, with its verb: `handle returned`
 * @param {Record<string, unknown>} object
 * @param {readonly string[]} known
 */
export function refuseUnknownKeys(subject, object, known) {
  for (const key of Object.keys(object)) {
    if (known.includes(key)) continue;
    const meant = misspelt(key, known) ?? known.find((each) => each === SYNONYMS.get(key));
    if (meant !== undefined) throw new TypeError(`${subject} \`${key}\`; did you mean \`${meant}\`?`);
    console.warn(`${subject} \`${key}\`, which nothing reads`);
  }
}
