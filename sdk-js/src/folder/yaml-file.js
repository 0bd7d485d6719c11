/**
 * Reads one YAML file, with the line of each key.
 * A manifest is JSON: `requireJson` checks that a value can be written as JSON.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import { numberOf } from '../guest/numbers.js';

/** Other forms of a number in YAML are whole numbers: `0x1f`. */
const DECIMAL = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

/** @typedef {readonly (string | number)[]} Path */

export class YamlFile {
  /**
   * @param {string} file
   * @param {import('../problems.js').Problems} problems
   * @param {import('yaml').Document} document
   * @param {LineCounter} lines
   */
  constructor(file, problems, document, lines) {
    this.file = file;
    this.problems = problems;
    this.document = document;
    this.lines = lines;
    /** @type {any} the content as plain objects */
    this.value = document.toJS();
    /** @type {any} the content with a Map for each mapping: objects would move keys like `1` to the front */
    this.ordered = document.toJS({ mapAsMap: true });
  }

  /**
   * The value at a path, with the order of keys.
   * @param {...string} path
   */
  orderedAt(...path) {
    return path.reduce((value, key) => value?.get?.(key), this.ordered);
  }

  /**
   * @param {Path} path
   * @param {string} what
   * @param {string} remedy
   */
  error(path, what, remedy) {
    this.problems.error(this.file, this.lineOf(path), what, remedy);
  }

  /**
   * @param {Path} path
   * @param {string} what
   * @param {string} remedy
   */
  warn(path, what, remedy) {
    this.problems.warn(this.file, this.lineOf(path), what, remedy);
  }

  /**
   * Omits a key from the manifest.
   * @param {Path} path
   */
  leaveOut(path) {
    const parent = path.slice(0, -1).reduce((/** @type {any} */ value, key) => (value instanceof Map ? value.get(key) : value?.[key]), this.ordered);
    for (const key of parent instanceof Map ? [...parent.keys()] : []) {
      if (String(key) === String(path.at(-1))) parent.delete(key);
    }
  }

  /**
   * Whether the value at a path can be written as JSON. Reports an error for the first part that cannot.
   * @param {Path} path
   */
  requireJson(path) {
    const sourceOf = (/** @type {Path} */ at) => this.#find(at).node?.source;
    const found = notJson(path.reduce((/** @type {any} */ value, key) => value?.get?.(key), this.ordered), path, sourceOf);
    if (found === undefined) return true;
    this.error(found.path, found.what, found.remedy);
    return false;
  }

  /**
   * The line of a key or list item, or of the nearest parent that has one.
   * @param {Path} path
   */
  lineOf(path) {
    return this.lines.linePos(this.#find(path).offset).line;
  }

  /** @param {Path} path */
  #find(path) {
    /** @type {any} */
    let node = this.document.contents;
    let offset = node?.range?.[0] ?? 0;
    for (const segment of path) {
      if (isAlias(node)) node = node.resolve(this.document);
      const found = isMap(node)
        ? pairOf(node, segment, this.document)
        : isSeq(node) ? { key: node.items[Number(segment)], value: node.items[Number(segment)] } : undefined;
      if (found === undefined) break;
      offset = /** @type {any} */ (found.key)?.range?.[0] ?? offset;
      node = found.value;
    }
    return { node, offset };
  }
}

/**
 * @param {string} root the connector folder
 * @param {string} file relative to it
 * @param {import('../problems.js').Problems} problems
 * @returns {Promise<YamlFile | undefined>} undefined if the file cannot be read, which is reported
 */
export async function readYaml(root, file, problems) {
  const lines = new LineCounter();
  const text = await readFile(join(root, file), 'utf8');
  const documents = parsed(text, lines);
  if (typeof documents === 'string') {
    problems.error(file, 1, `this YAML cannot be read: ${documents}`, 'Nest it less.');
    return undefined;
  }
  // A line `---` at the end starts an empty document.
  const [document, second] = documents.filter((each, index) => index === 0 || !isEmpty(each));
  if (document === undefined || (isEmpty(document) && second === undefined)) {
    problems.error(file, 1, 'the file is empty', 'Add its keys, or delete it.');
    return undefined;
  }
  if (second !== undefined) {
    const line = lines.linePos(second.range[0]).line;
    problems.error(file, line, 'a second YAML document starts here', 'Keep one document in a file.');
    return undefined;
  }
  for (const error of document.errors) {
    problems.error(file, lines.linePos(error.pos[0]).line, `this is not valid YAML: ${error.message}`, yamlRemedy(text));
  }
  for (const warning of document.warnings) {
    problems.warn(file, lines.linePos(warning.pos[0]).line, warning.message, 'The tag is ignored.');
  }
  if (document.errors.length > 0) return undefined;
  try {
    return new YamlFile(file, problems, document, lines);
  } catch (error) {
    problems.error(file, 1, `this YAML cannot be read: ${error instanceof Error ? error.message : error}`, 'Simplify its aliases.');
    return undefined;
  }
}

/**
 * @param {string} text
 * @param {LineCounter} lineCounter
 * @returns {import('yaml').Document.Parsed[] | string} the documents, or why there are none
 */
function parsed(text, lineCounter) {
  try {
    const documents = parseAllDocuments(text, { lineCounter, merge: true, prettyErrors: false, logLevel: 'silent' });
    return Array.isArray(documents) ? documents : [];
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** @param {import('yaml').Document.Parsed} document */
function isEmpty({ contents, errors }) {
  return errors.length === 0 && (contents === null || (isScalar(contents) && contents.value === null));
}

/** @param {string} text */
function yamlRemedy(text) {
  return /^\s*\/\//m.test(text) ? 'Comments in YAML start with `#`, not with `//`.' : 'Correct the syntax.';
}

/**
 * The pair of a mapping with a key, or the pair that a merge key (`<<`) brings.
 * @param {import('yaml').YAMLMap<any, any>} mapping
 * @param {string | number} key
 * @param {import('yaml').Document} document
 * @returns {import('yaml').Pair<any, any> | undefined}
 */
function pairOf(mapping, key, document) {
  const own = mapping.items.find((pair) => String(isScalar(pair.key) ? pair.key.value : pair.key) === String(key));
  if (own !== undefined) return own;
  const merged = mapping.items.filter((pair) => pair.key?.source === '<<').flatMap(({ value }) => (isSeq(value) ? value.items : [value]));
  return merged.map((node) => (isAlias(node) ? node.resolve(document) : node)).filter(isMap)
    .map((node) => pairOf(node, key, document)).find((pair) => pair !== undefined);
}

/**
 * Finds the first part that cannot be written as JSON.
 * @param {unknown} value
 * @param {Path} path
 * @param {(path: Path) => string | undefined} sourceOf the text of a scalar
 * @param {readonly unknown[]} [around] the mappings and lists that contain the value
 * @returns {{ path: Path, what: string, remedy: string } | undefined}
 */
function notJson(value, path, sourceOf, around = []) {
  const quote = 'Put it in quotes.';
  if (typeof value === 'number' && !isExact(value, sourceOf(path))) {
    return { path, what: `JSON cannot hold the number \`${sourceOf(path) ?? value}\``, remedy: quote };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (around.includes(value)) return { path, what: 'the alias refers to a value that contains it', remedy: 'Write the value itself.' };
  const isMapping = value instanceof Map;
  if (!isMapping && !Array.isArray(value)) return { path, what: 'a value with this tag cannot be written as JSON', remedy: quote };
  for (const [key, member] of isMapping ? value : value.entries()) {
    if (typeof key === 'object' && key !== null) return { path, what: 'a key must be text', remedy: quote };
    const found = notJson(member, [...path, isMapping ? String(key) : Number(key)], sourceOf, [...around, value]);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Whether a number says the same as its text.
 * @param {number} value
 * @param {string} [source]
 */
function isExact(value, source = '') {
  return DECIMAL.test(source) ? typeof numberOf(source.replace('+', '')) === 'number' : Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}
