/** `node:path`: that of POSIX, for nothing in the sandbox has drives. */
import path from 'path-browserify';

const { dirname, resolve } = path;

export default Object.assign(path, {
  toNamespacedPath: (/** @type {string} */ name) => name,
  dirname: (/** @type {string} */ name) => dirname(name),
  resolve: (/** @type {string[]} */ ...names) => resolve(...names),
});
