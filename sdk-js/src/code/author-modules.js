/**
 * Lets the bundler tell by an author's file whether it is CommonJS or an ES module. Otherwise `"type": "module"` in a
 * package.json around the connector folder would decide, and the bundle would depend on where the folder is.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** @type {import('esbuild').Plugin} */
export const authorModules = {
  name: 'author-modules',
  setup(build) {
    build.onResolve({ filter: /^\.\.?\// }, async ({ path, importer, resolveDir, kind, pluginData }) => {
      // Asked by a plugin, this one or another: only the bundler itself is to answer, or two plugins ask each other for ever.
      if (pluginData !== undefined || /[\\/]node_modules[\\/]/.test(importer)) return undefined;
      const found = await build.resolve(path, { importer, resolveDir, kind, pluginData: 'by-file' });
      if (found.errors.length > 0 || found.namespace !== 'file' || found.external || !(await isDecided(dirname(found.path)))) return undefined;
      // For a path that a plugin resolves, the bundler reads no package.json.
      return { path: found.path, sideEffects: found.sideEffects };
    });
  },
};

/**
 * Whether the nearest package.json decides it. One with `browser` is left to the bundler, which alone knows what that replaces.
 * @param {string} folder
 * @returns {Promise<boolean>}
 */
async function isDecided(folder) {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return dirname(folder) !== folder && isDecided(dirname(folder));
  try {
    const { type, browser } = Object(JSON.parse(text));
    return type === 'module' && browser === undefined;
  } catch {
    return false;
  }
}
