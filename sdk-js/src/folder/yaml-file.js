/**
 * Reads one YAML file, remembering on which line each key stands.
 * Accepts only what JSON can say, because that is what a manifest holds.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, visit } from 'yaml';
import { numberOf } from '../guest/numbers.js';

/** Other forms of YAML are whole numbers: `0x1f`. */
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
   * The content at a path, key order kept.
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
   * The line of a key or list item, or of the nearest thing around it that has one.
   * @param {Path} path
   */
  lineOf(path) {
    /** @type {any} */
    let node = this.document.contents;
    let offset = node?.range?.[0] ?? 0;
    for (const segment of path) {
      if (isAlias(node)) node = node.resolve(this.document);
      const found = isMap(node)
        ? node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(segment))
        : isSeq(node) ? { key: node.items[Number(segment)], value: node.items[Number(segment)] } : undefined;
      if (found === undefined) break;
      offset = /** @type {any} */ (found.key)?.range?.[0] ?? offset;
      node = found.value;
    }
    return this.lines.linePos(offset).line;
  }
}

/**
 * @param {string} root the connector folder
 * @param {string} file relative to it
 * @param {import('../problems.js').Problems} problems
 * @returns {Promise<YamlFile | undefined>} nothing if the file cannot be read, which is then reported
 */
export async function readYaml(root, file, problems) {
  const lines = new LineCounter();
  const text = await readFile(join(root, file), 'utf8');
  const documents = parseAllDocuments(text, { lineCounter: lines, merge: true, prettyErrors: false });
  if (!Array.isArray(documents) || documents.length === 0) {
    problems.error(file, 1, 'the file is empty', 'Write its keys, or delete it.');
    return undefined;
  }
  const [document, second] = documents;
  if (second !== undefined) {
    const line = lines.linePos(second.range[0]).line;
    problems.error(file, line, 'a second YAML document starts here', 'Keep one document in a file.');
    return undefined;
  }
  for (const error of document.errors) {
    problems.error(file, lines.linePos(error.pos[0]).line, `this is not valid YAML: ${error.message}`, yamlRemedy(text));
  }
  if (document.errors.length > 0 || !hasOnlyJson(document, file, lines, problems)) return undefined;
  try {
    return new YamlFile(file, problems, document, lines);
  } catch (error) {
    problems.error(file, 1, `this YAML cannot be read: ${error instanceof Error ? error.message : error}`, 'Simplify its aliases.');
    return undefined;
  }
}

/** @param {string} text */
function yamlRemedy(text) {
  return /^\s*\/\//m.test(text) ? 'Comments in YAML start with `#`, not with `//`.' : 'Correct the syntax.';
}

/**
 * @param {import('yaml').Document.Parsed} document
 * @param {string} file
 * @param {LineCounter} lines
 * @param {import('../problems.js').Problems} problems
 */
function hasOnlyJson(document, file, lines, problems) {
  let isJson = true;
  const refuse = (/** @type {any} */ node, /** @type {string} */ what, /** @type {string} */ remedy) => {
    problems.error(file, lines.linePos(node.range?.[0] ?? 0).line, what, remedy);
    isJson = false;
  };
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value !== 'number') return;
      const isExact = DECIMAL.test(node.source ?? '') ? typeof numberOf(String(node.source).replace('+', '')) === 'number' : Number.isSafeInteger(node.value);
      if (!isExact) refuse(node, `JSON cannot hold the number \`${node.source}\``, 'Put it in quotes.');
    },
    Pair(_key, pair) {
      if (isMap(pair.key) || isSeq(pair.key)) refuse(pair.key, 'a key must be text', 'Put it in quotes.');
    },
  });
  return isJson;
}
