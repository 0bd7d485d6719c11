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
 * Defines a property that is computed when it is first read. Destructuring and spreading read it too.
 * @param {object} target
 * @param {string} name
 * @param {() => unknown} compute
 */
export function defineLazy(target, name, compute) {
  const settle = (/** @type {unknown} */ value) => setOwn(target, name, value);
  Object.defineProperty(target, name, {
    get: () => settle(compute()),
    set: settle,
    enumerable: true,
    configurable: true,
  });
}

/**
 * @param {Iterable<readonly [string, any]>} pairs
 * @param {(earlier: any, value: any) => any} combine
 */
function collect(pairs, combine) {
  /** @type {Record<string, any>} */
  const object = {};
  for (const [name, value] of pairs) {
    setOwn(object, name, Object.hasOwn(object, name) ? combine(object[name], value) : value);
  }
  return object;
}

/**
 * @param {object} target
 * @param {string} name
 * @param {unknown} value
 */
function setOwn(target, name, value) {
  Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
  return value;
}
