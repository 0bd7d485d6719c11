/**
 * The errors that the crypto modules throw: node's shape (a class and a stable `code`) and the browser's (DOMException).
 * Never puts key material or data into a message.
 */

/**
 * An error in the shape of node: a class, a stable code, a sentence that says what to do.
 *
 * @template {Error} T
 * @param {new (message: string) => T} Kind
 * @param {string} code
 * @param {string} message
 */
export function coded(Kind, code, message) {
  return Object.assign(new Kind(message), { code });
}

/**
 * An error in the shape of the Web Crypto standard.
 *
 * @param {string} name for example `NotSupportedError`
 * @param {string} message
 * @returns {Error}
 */
export function domError(name, message) {
  // Not every engine that runs connectors has DOMException; authors look at `name` alone.
  if (typeof DOMException === 'function') return new DOMException(message, name);
  return Object.assign(new Error(message), { name });
}

/**
 * A key that cannot be read or used.
 *
 * @param {string} message
 */
export function keyError(message) {
  return coded(Error, 'ERR_CRYPTO_INVALID_KEY', message);
}

/**
 * An argument of the wrong type.
 *
 * @param {string} what the argument, as the author knows it
 * @param {string} expected what it has to be
 * @param {unknown} value what came instead; only its type is named
 */
export function typeError(what, expected, value) {
  const kind = value === null || value === undefined ? String(value) : `of type ${typeof value}`;
  const hint = value === undefined ? ' Is the connector parameter it comes from set?' : '';
  return coded(TypeError, 'ERR_INVALID_ARG_TYPE', `The ${what} must be ${expected}, but it is ${kind}.${hint}`);
}
