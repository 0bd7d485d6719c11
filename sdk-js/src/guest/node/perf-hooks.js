/** `node:perf_hooks`: the clock alone. */
const { performance } = globalThis;

export default { performance };
