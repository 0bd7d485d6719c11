/**
 * Says through which line of the author's a package came into the bundle: what goes wrong in a package is told there.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const PACKAGE = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//;

/**
 * @typedef {import('esbuild').Metafile['inputs']} Inputs
 * @typedef {{ file: string, line: number, package: string }} Origin
 */

/**
 * @param {string} file in a package
 * @param {Inputs} inputs all that the bundler read
 * @param {string} root the connector folder
 * @returns {Origin | undefined}
 */
export function originOf(file, inputs, root) {
  /** @type {Map<string, { importer: string, specifier: string }[]>} */
  const importers = new Map();
  for (const [importer, { imports }] of Object.entries(inputs)) {
    for (const { path, original } of imports) {
      importers.set(path, [...(importers.get(path) ?? []), { importer, specifier: original ?? path }]);
    }
  }
  const waiting = [file];
  const seen = new Set(waiting);
  for (const each of waiting) {
    for (const { importer, specifier } of importers.get(each) ?? []) {
      if (!importer.includes('node_modules/') && !importer.includes(':')) {
        return { file: importer, line: lineOf(join(root, importer), specifier), package: packageOf(each) ?? specifier };
      }
      if (!seen.has(importer)) waiting.push(importer);
      seen.add(importer);
    }
  }
  return undefined;
}

/** @param {string} file */
export function packageOf(file) {
  return PACKAGE.exec(file)?.[1];
}

/**
 * @param {string} path
 * @param {string} specifier
 */
export function lineOf(path, specifier) {
  const lines = readFileSync(path, 'utf8').split('\n');
  const found = lines.findIndex((line) => ['"', "'", '`'].some((quote) => line.includes(quote + specifier + quote)));
  return Math.max(found, 0) + 1;
}
