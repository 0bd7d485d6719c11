/**
 * Adds globals that the engine lacks.
 * @param {Record<string, unknown>} surface
 */
export function define(surface) {
  for (const [name, value] of Object.entries(surface)) {
    Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
  }
}
