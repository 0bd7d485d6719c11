/**
 * `process`, as packages look for it: nothing of the machine is in it, and no variable is set.
 * It names a version of node, for packages read it as soon as they are loaded: that of the modules which stand in.
 */
const nothing = () => process;
const stream = (/** @type {'log' | 'error'} */ level) => ({
  isTTY: false,
  writable: true,
  write: (/** @type {unknown} */ text) => (console[level](String(text).replace(/\n$/, '')), true),
  on: nothing,
  once: nothing,
  end: nothing,
});

const NANOS = 1e9;
const VERSION = 'v20.0.0';

/** @type {any} */
export const process = {
  title: 'patchbay',
  browser: true,
  env: {},
  argv: [],
  execArgv: [],
  version: VERSION,
  versions: { node: VERSION.slice(1) },
  release: {},
  config: {},
  features: {},
  arch: 'wasm32',
  platform: 'wasi',
  pid: 1,
  exitCode: undefined,
  stdout: stream('log'),
  stderr: stream('error'),
  nextTick,
  cwd: () => '/',
  umask: () => 0,
  uptime: () => 0,
  memoryUsage: Object.assign(() => ({ rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 }), { rss: () => 0 }),
  hrtime: Object.assign(hrtime, { bigint: () => BigInt(Date.now()) * 1_000_000n }),
  emitWarning: (/** @type {any} */ warning) => console.warn(warning?.message ?? warning),
  listenerCount: () => 0,
  listeners: () => [],
  emit: () => false,
};
for (const name of ['on', 'once', 'off', 'addListener', 'removeListener', 'removeAllListeners', 'prependListener', 'setMaxListeners']) {
  process[name] = nothing;
}
for (const name of ['exit', 'abort', 'kill', 'chdir', 'binding', 'dlopen']) {
  process[name] = () => {
    throw new Error(`process.${name} is not available to connectors: return from the function, or throw an error`);
  };
}

/**
 * @param {Function} callback
 * @param {...any} args
 */
function nextTick(callback, ...args) {
  queueMicrotask(() => {
    try {
      callback(...args);
    } catch (error) {
      // Nobody can catch it, and it is why what is awaited never comes.
      console.error(error);
    }
  });
}

/** @param {[number, number]} [since] */
function hrtime(since) {
  const now = Date.now() / 1000;
  const [seconds, nanos] = [Math.floor(now), Math.floor((now % 1) * NANOS)];
  if (since === undefined) return [seconds, nanos];
  const behind = nanos < since[1] ? 1 : 0;
  return [seconds - since[0] - behind, nanos - since[1] + behind * NANOS];
}
