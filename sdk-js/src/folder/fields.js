/**
 * Checks the keys of a spec against a table of known keys. A likely misspelling is an error; any other unknown key is left
 * out of the bundle with a warning, because a folder may be written for more products than this one.
 */
import { describe, isRecord } from '../guest/describe.js';
import { didYouMean, misspelt, nearest } from '../suggest.js';

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
 * @param {Record<string, string>} [unused] keys of the format that Patchbay does not use, each with the reason
 */
export function checkFields(yaml, path, value, fields, unused = {}) {
  const place = path.length === 0 ? 'the file' : `\`${path.join('.')}\``;
  if (!isRecord(value)) {
    yaml.error(path, `${place} must be a mapping, but it is ${describe(value)}`, `Known keys: ${Object.keys(fields).join(', ')}.`);
    return;
  }
  const missing = Object.keys(fields).filter((key) => fields[key].isRequired && !Object.hasOwn(value, key));
  // A key that is mistyped is not missing as well.
  const meant = new Set();
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(fields, key)) meant.add(unknownKey(yaml, [...path, key], key, { known: Object.keys(fields), missing, unused }));
  }
  for (const [key, { rule, isRequired }] of Object.entries(fields)) {
    const member = Object.hasOwn(value, key) ? value[key] : undefined;
    if (member !== undefined && member !== null) {
      if (path.length > 0 || yaml.requireJson([key])) rule(yaml, [...path, key], member);
    } else if (isRequired && !meant.has(key)) yaml.error(path, `${place} has no \`${key}\``, `Add \`${key}: …\`.`);
    else if (member === null) leaveOut(yaml, [...path, key], `\`${key}\` has no value`);
  }
}

/**
 * @param {YamlFile} yaml
 * @param {Path} path
 * @param {string} key
 * @param {{ known: readonly string[], missing: readonly string[], unused: Record<string, string> }} keys `missing` are those
 *   that the spec needs and has not
 * @returns {string | undefined} the known key of which this one is a misspelling
 */
function unknownKey(yaml, path, key, { known, missing, unused }) {
  if (Object.hasOwn(unused, key)) {
    leaveOut(yaml, path, `\`${key}\` is not used: ${unused[key]}`);
    return undefined;
  }
  const meant = misspelt(key, known) ?? nearest(key, missing);
  if (meant !== undefined) {
    yaml.error(path, `unknown key \`${key}\``, `Did you mean \`${meant}\`?`);
    return meant;
  }
  const similar = nearest(key, known) ?? known.find((each) => key.length > 3 && each.toLowerCase().includes(key.toLowerCase()));
  leaveOut(yaml, path, `\`${key}\` is not a key that Patchbay knows`, similar);
  return undefined;
}

/**
 * @param {YamlFile} yaml
 * @param {Path} path
 * @param {string} what
 * @param {string} [similar] a known key that may be meant
 */
function leaveOut(yaml, path, what, similar) {
  yaml.leaveOut(path);
  yaml.warn(path, what, `It is left out of the bundle.${similar === undefined ? '' : ` Is \`${similar}\` meant?`}`);
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

/** @type {Rule} Text that nothing depends on. */
export function note(yaml, path, value) {
  if (typeof value === 'string' && value.trim() === '') leaveOut(yaml, path, `\`${path.at(-1)}\` is empty`);
  else text(yaml, path, value);
}

/** The host's own limit. */
const KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** @type {Rule} */
export function key(yaml, path, value) {
  if (typeof value !== 'string') text(yaml, path, value);
  else if (!KEY.test(value)) {
    yaml.error(path, `\`${value}\` is not a key`, 'Use up to 64 letters, digits, `-`, `_` and `.`, the first a letter or digit.');
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
