/** `node:timers/promises`. */
const wait = (/** @type {number} */ delayMs, /** @type {unknown} */ value) => new Promise((resolve) => setTimeout(resolve, delayMs, value));

export default {
  setTimeout: wait,
  setImmediate: (/** @type {unknown} */ value) => wait(0, value),
  scheduler: { wait, yield: () => wait(0, undefined) },
};
