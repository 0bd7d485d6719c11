/**
 * Makes plain objects out of names that come from outside.
 * A name such as `__proto__` becomes an ordinary own property, as `JSON.parse` does it; it never touches a prototype.
 */

/**
 * An object of names and values; a repeated name gets the list of its values.
 * @template T
 * @param {Iterable<readonly [string, T]>} pairs
 * @returns {Record<string, T | T[]>}
 */
export function fromPairs(pairs) {
  return collect(pairs, (earlier, value) => (Array.isArray(earlier) ? [...earlier, value] : [earlier, value]));
}

/**
 * An object of header names and values; repeated headers are joined, as HTTP allows.
 * @param {Iterable<readonly [string, string]>} pairs
 * @returns {Record<string, string>}
 */
export function fromHeaders(pairs) {
  return collect(pairs, (earlier, value) => `${earlier}, ${value}`);
}

/**
 * @param {Iterable<readonly [string, any]>} pairs
 * @param {(earlier: any, value: any) => any} combine
 */
function collect(pairs, combine) {
  /** @type {Record<string, any>} */
  const object = {};
  for (const [name, value] of pairs) {
    const whole = Object.hasOwn(object, name) ? combine(object[name], value) : value;
    // This name alone would not become a property when it is assigned.
    if (name === '__proto__') setOwn(object, name, whole);
    else object[name] = whole;
  }
  return object;
}

/**
 * Gives an object a property of its own, whatever the name means elsewhere.
 * @template T
 * @param {object} target
 * @param {string} name
 * @param {T} value
 * @returns {T}
 */
export function setOwn(target, name, value) {
  Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
  return value;
}
