/**
 * Writes Maps as JSON objects, which keeps the order of their keys. An object would move keys like `1` to the front, and a
 * formula is recognised by its first key.
 */

/**
 * @param {unknown} value of Maps, plain objects, arrays and JSON scalars
 * @returns {string}
 */
export function orderedJson(value) {
  if (Array.isArray(value)) return `[${value.map((each) => orderedJson(each ?? null)).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  const members = entries
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => `${JSON.stringify(String(name))}:${orderedJson(member)}`);
  return `{${members.join(',')}}`;
}
