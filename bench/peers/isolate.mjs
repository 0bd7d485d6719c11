// The handler in a V8 isolate of its own, made for the request and disposed of after it.
// Everything that can be done once is done once: the source is compiled to a snapshot from which each isolate starts.

/** @param {string} source a module whose default export is the handler */
export async function runInIsolates(source) {
  const { default: ivm } = await import('isolated-vm');
  const script = source.replace('export default', 'globalThis.handle =');
  const snapshot = ivm.Isolate.createSnapshot([{ code: script }], 'undefined');
  return async (request) => {
    const isolate = new ivm.Isolate({ memoryLimit: 128, snapshot });
    try {
      const context = await isolate.createContext();
      return await context.evalClosure('return handle($0)', [request], {
        arguments: { copy: true }, result: { copy: true, promise: true }, timeout: 5_000,
      });
    } finally {
      isolate.dispose();
    }
  };
}
