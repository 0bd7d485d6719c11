/**
 * Completes a module of node with what the sandbox cannot have: every name exists, so that packages which import it can be
 * bundled and loaded, and says what it is once it is called.
 */

/**
 * @typedef {object} Shape what node's own module exports
 * @property {string[]} functions
 * @property {Record<string, unknown>} values
 * @property {Record<string, Shape>} parts
 */

const CODE = 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM';

/**
 * @param {string} module
 * @param {any} found what stands in for the module
 * @param {Shape} shape
 * @param {string} why
 * @returns {any} `found`
 */
export default function completed(module, found, { functions, values, parts }, why) {
  for (const name of functions) if (!(name in found)) found[name] = refusal(module, name, why);
  for (const [name, value] of Object.entries(values)) if (!(name in found)) found[name] = value;
  for (const [name, part] of Object.entries(parts)) {
    if (!(name in found)) found[name] = completed(`${module}.${name}`, {}, part, why);
  }
  return found;
}

/**
 * Can be called, constructed and extended, because packages extend what they never use.
 * @param {string} module
 * @param {string} name
 * @param {string} why
 */
function refusal(module, name, why) {
  return function unavailable() {
    throw Object.assign(new Error(`\`${name}\` of node:${module} is not available to connectors: ${why}`), { code: CODE });
  };
}
