/**
 * Checks the keys of a spec against a table of what is known there, and words what is wrong.
 */
import { describe, isRecord } from '../guest/describe.js';
import { didYouMean, nearest } from '../suggest.js';

/**
 * @typedef {import('./yaml-file.js').YamlFile} YamlFile
 * @typedef {import('./yaml-file.js').Path} Path
 * @typedef {(yaml: YamlFile, path: Path, value: any) => void} Rule
 * @typedef {Record<string, { rule: Rule, isRequired?: boolean }>} Fields
 */

/**
 * @param {YamlFile} yaml
 * @param {Path} path
 * @param {any} value
 * @param {Fields} fields
 */
export function checkFields(yaml, path, value, fields) {
  const place = path.length === 0 ? 'the file' : `\`${path.join('.')}\``;
  if (!isRecord(value)) {
    yaml.error(path, `${place} must be a mapping, but it is ${describe(value)}`, `Known keys: ${Object.keys(fields).join(', ')}.`);
    return;
  }
  // A key that is mistyped is not missing as well.
  const meant = new Set();
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(fields, key)) continue;
    yaml.error([...path, key], `unknown key \`${key}\``, didYouMean(key, Object.keys(fields)));
    meant.add(nearest(key, Object.keys(fields)));
  }
  for (const [key, { rule, isRequired }] of Object.entries(fields)) {
    const member = Object.hasOwn(value, key) ? value[key] : undefined;
    if (member !== undefined && member !== null) rule(yaml, [...path, key], member);
    else if (isRequired && !meant.has(key)) yaml.error(path, `${place} has no \`${key}\``, `Add \`${key}: …\`.`);
    else if (member === null) yaml.error([...path, key], `\`${key}\` has no value`, 'Give it one, or delete the line.');
  }
}

/** @type {Rule} */
export function text(yaml, path, value) {
  const key = path.at(-1);
  if (typeof value !== 'string') {
    yaml.error(path, `\`${key}\` must be text, but it is ${describe(value)}`, 'Put it in quotes.');
  } else if (value.trim() === '') {
    yaml.error(path, `\`${key}\` is empty`, 'Write a value.');
  }
}

const KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** @type {Rule} */
export function key(yaml, path, value) {
  if (typeof value !== 'string') text(yaml, path, value);
  else if (!KEY.test(value)) {
    yaml.error(path, `\`${value}\` is not a key`, 'Use up to 100 letters, digits, `-`, `_` and `.`, the first a letter or digit.');
  }
}

/**
 * @param {readonly string[]} known
 * @param {(value: unknown) => string | undefined} [explain] why a value that looks right is none
 * @returns {Rule}
 */
export function oneOf(known, explain = () => undefined) {
  return (yaml, path, value) => {
    if (known.includes(value)) return;
    const remedy = explain(value) ?? didYouMean(String(value), known);
    yaml.error(path, `\`${path.at(-1)}\` cannot be ${describe(value)}`, remedy);
  };
}
