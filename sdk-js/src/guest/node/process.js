/** `node:process`: the global. */
export default /** @type {any} */ (globalThis).process;
