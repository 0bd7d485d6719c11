/** `node:timers`. */
const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate } = /** @type {any} */ (globalThis);

export default { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate };
