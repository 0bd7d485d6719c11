/** `setImmediate`: a timer that is due at once. */

/**
 * @param {Function} callback
 * @param {...any} args
 */
export function setImmediate(callback, ...args) {
  return setTimeout(callback, 0, ...args);
}

/** @param {number} id */
export function clearImmediate(id) {
  clearTimeout(id);
}
