// The handler as a function of the server's own process: it may do whatever the server may.

/** @param {string} source a module whose default export is the handler */
export async function runInProcess(source) {
  const module = await import(`data:text/javascript,${encodeURIComponent(source)}`);
  return module.default;
}
