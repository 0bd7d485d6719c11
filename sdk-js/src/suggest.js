/**
 * Finds the name that somebody probably meant, and says so.
 * Pure; used on both sides, in the build and inside the sandbox. Never decides anything: it only words a hint.
 */

/**
 * The known name nearest to a mistyped one.
 * @param {string} name
 * @param {readonly string[]} known
 * @returns {string | undefined} nothing where no known name is near
 */
export function nearest(name, known) {
  let best;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(plain(name), plain(candidate));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/**
 * A sentence that names the likely spelling, or else all of them.
 * @param {string} name
 * @param {readonly string[]} known
 */
export function didYouMean(name, known) {
  const found = nearest(name, known);
  if (found !== undefined) return `Did you mean \`${found}\`?`;
  return `Known here: ${known.map((each) => `\`${each}\``).join(', ')}.`;
}

/**
 * Without the marks by which spellings of one name differ: `get-event-selector` and `getEventSelector`.
 * @param {string} name
 */
function plain(name) {
  return name.toLowerCase().replace(/[-_]/g, '');
}

/**
 * How many letters must be changed, added or removed to come from one text to the other.
 * @param {string} a
 * @param {string} b
 */
function editDistance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}
