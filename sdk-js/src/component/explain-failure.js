/**
 * Explains why a build failed in module-level code, which runs because the snapshot loads every module.
 * Pure: maps positions in the bundle to the author's files with the source map in the bundle.
 */
import { MODULE_NAME } from '../code/bundle-code.js';
import { positionIn } from '../guest/source-map.js';

/** The messages of each engine. */
const UNKNOWN_IMPORTS = [
  /attempted to call an unknown imported function: '(?<where>[^']+)' '(?<name>[^']+)'/,
  /unknown import: `(?<where>[^`#]+)#(?<name>[^`]+)` has not been defined/,
];
const TOP_LEVEL_EXCEPTIONS = [
  /evaluating top-level script\n(?<place>\S+:\d+:\d+) (?<message>.+)/,
  /module evaluation: (?:Error: )?(?<message>.+)\n +at (?:.* \()?(?<place>[^\s(]+:\d+:\d+)/,
];
const PLACE = new RegExp(`[^\\s@('"]*${MODULE_NAME.replace('.', '\\.')}:(\\d+):(\\d+)`, 'g');

/** What an engine lacks, by its words for it; the other engine has it. */
const LACKS = [
  { message: /invalid (?:class )?property name in regular expression/, remedy: 'StarlingMonkey knows no Unicode properties in expressions that are made of variables; it works with `engine: quickjs`.' },
];

/**
 * @param {string} complaint the error output of the engine's tool
 * @param {string} code
 * @param {(file: string) => import('../code/origin.js').Origin | undefined} [originOf]
 */
export function explainFailure(complaint, code, originOf = () => undefined) {
  const { where, name } = groups(UNKNOWN_IMPORTS, complaint);
  if (name !== undefined) {
    return `code at module level calls the host (\`${name}\` of ${where}), which is not there while the bundle is built. Move the call into the function.`;
  }
  const map = embeddedMap(code);
  const located = complaint.replace(PLACE, (place, line, column) => {
    const found = positionIn(map, Number(line), Number(column));
    return found === undefined ? place : `${found.file}:${found.line}:${found.column}`;
  });
  const { place, message } = groups(TOP_LEVEL_EXCEPTIONS, located);
  if (message === undefined) return `the code cannot be loaded: ${located.trim()}`;
  const { remedy } = LACKS.find((each) => each.message.test(message)) ?? { remedy: undefined };
  const said = [message.trim().replace(/:$/, ''), remedy].filter(Boolean).join('. ');
  const origin = originOf(place.replace(/:\d+:\d+$/, ''));
  if (origin !== undefined) return `${origin.file}:${origin.line}: the package \`${origin.package}\` cannot be loaded: ${said} (${place})`;
  // A message of the SDK has no position in the author's files.
  return place.startsWith(MODULE_NAME) || place.startsWith('/') ? said : `${place}: ${said}`;
}

/**
 * The groups of the first expression that matches.
 * @param {readonly RegExp[]} expressions
 * @param {string} text
 * @returns {Record<string, string>}
 */
function groups(expressions, text) {
  return expressions.map((each) => each.exec(text)?.groups).find((each) => each !== undefined) ?? {};
}

/**
 * @param {string} code
 * @returns {import('../guest/source-map.js').AuthorMap}
 */
function embeddedMap(code) {
  const lastLine = code.trimEnd().split('\n').at(-1) ?? '';
  return JSON.parse(lastLine.slice(lastLine.indexOf('=') + 1, -1));
}
