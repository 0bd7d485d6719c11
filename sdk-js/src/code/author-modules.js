/**
 * Lets the bundler tell by an author's file whether it is CommonJS or an ES module. Otherwise `type` in a package.json around the
 * connector folder would decide, and the bundle would depend on where the folder is.
 */

/** @type {import('esbuild').Plugin} */
export const authorModules = {
  name: 'author-modules',
  setup(build) {
    build.onResolve({ filter: /^\.\.?\// }, async ({ path, importer, resolveDir, kind, pluginData }) => {
      if (pluginData === 'by-file' || /[\\/]node_modules[\\/]/.test(importer)) return undefined;
      const found = await build.resolve(path, { importer, resolveDir, kind, pluginData: 'by-file' });
      // A path that a plugin resolves has no package.json for the bundler.
      return found.errors.length > 0 || found.namespace !== 'file' || found.external ? undefined : { path: found.path, sideEffects: found.sideEffects };
    });
  },
};
