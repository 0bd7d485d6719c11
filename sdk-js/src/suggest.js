/**
 * Finds the known name that an unknown one is probably meant to be.
 * Pure; runs in the build and inside the sandbox.
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
 * The known name of which a name is a likely misspelling: another case, a plural, or a letter or two.
 * Stricter than {@link nearest}, because what depends on it is refused.
 * @param {string} name
 * @param {readonly string[]} known
 * @returns {string | undefined}
 */
export function misspelt(name, known) {
  const distances = known.map((each) => ({ each, distance: editDistance(plain(name), plain(each)) }));
  return distances
    .filter(({ each, distance }) => distance <= (each.length <= 4 ? 1 : each.length <= 8 ? 2 : 3))
    .sort((a, b) => a.distance - b.distance)[0]?.each;
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
 * The number of letters to change, add, remove or swap with the next to turn one text into the other.
 * @param {string} a
 * @param {string} b
 */
function editDistance(a, b) {
  const rows = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i++) {
    const [row, before] = [[i], rows[i - 1]];
    for (let j = 1; j <= b.length; j++) {
      const change = before[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(change, before[j] + 1, row[j - 1] + 1, isSwapped ? rows[i - 2][j - 2] + 1 : Infinity);
    }
    rows.push(row);
  }
  return rows[a.length][b.length];
}
