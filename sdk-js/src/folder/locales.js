/**
 * The rule for `locales`: the languages that a connector formats dates and numbers in.
 */
import { nearest } from '../code/intl.js';
import { describe } from '../guest/describe.js';

/** @type {import('./fields.js').Rule} */
export function locales(yaml, path, value) {
  if (!Array.isArray(value)) {
    yaml.error(path, `\`locales\` must be a list, but it is ${describe(value)}`, 'Write `locales: [de, fr]`.');
    return;
  }
  for (const [index, tag] of value.entries()) {
    if (typeof tag === 'string' && nearest(tag) !== undefined) continue;
    yaml.error([...path, index], `there is no language ${describe(tag)}`, 'Write its tag: `de`, `pt-PT`. Quote `no`, which YAML takes for false.');
  }
}
