/**
 * Text that crosses to the host must be Unicode: half of a surrogate pair would end the call in a crash. It becomes U+FFFD,
 * as the other engine does it.
 */

/**
 * @template T
 * @param {T} value a value of the contract
 * @returns {T}
 */
export function wellFormed(value) {
  return /** @type {T} */ (mended(value));
}

/**
 * @param {unknown} value
 * @returns {unknown}
 */
function mended(value) {
  if (typeof value === 'string') return value.isWellFormed() ? value : value.toWellFormed();
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  const members = /** @type {Record<string, unknown>} */ (value);
  for (const key of Object.keys(members)) {
    const own = mended(members[key]);
    if (own !== members[key]) members[key] = own;
  }
  return value;
}
