/** `node:module`: everything is bundled, so there is nothing left to be required. */
import { builtinModules } from 'patchbay-sdk:node-names';

const isBuiltin = (/** @type {string} */ name) => builtinModules.includes(name.replace(/^node:/, ''));

function createRequire() {
  return (/** @type {string} */ name) => {
    throw Object.assign(new Error(`Cannot find module '${name}': a connector is one bundle, so import it where the bundler sees it`), { code: 'MODULE_NOT_FOUND' });
  };
}

export default { builtinModules, createRequire, isBuiltin };
