/**
 * Finds misspelled formulas in a mapping. The host would treat one as an ordinary key, and a subscription would fail much
 * later. Checks only names; the host checks the content of a formula.
 */
import { didYouMean, nearest } from '../suggest.js';
import { describe, isRecord } from '../guest/describe.js';

const FORMULAS = [
  '$var', '$copy', '$tpl', '$record', '$lookup', '$plain', '$map', '$concat', '$firstName', '$lastName', '$iterate', '$case',
  '$extractDate', '$extractTime', '$findExternalRecordId', '$findAppRecordId', '$eval', '$and', '$or', '$mergeObjects',
  '$firstNotEmpty', '$domainFromEmail', '$formula', '$jsonata', '$dataSchemaRef',
];
/** The content of these formulas is not checked for names. */
const OPAQUE = ['$plain', '$record'];
/** The variables of a formula inside `$iterate`. */
const ITEM_VARIABLES = ['item', 'parent', 'index'];
/** Keys with names of the external app: OData has `$top` and `$filter`. */
const FREE_KEYS = ['query', 'headers'];

/**
 * @param {import('./yaml-file.js').YamlFile} yaml
 * @param {readonly string[]} variables the names of all variables
 * @param {unknown} [value]
 * @param {(string | number)[]} [path]
 */
export function checkFormulas(yaml, variables, value = yaml.value, path = []) {
  if (Array.isArray(value)) value.forEach((item, index) => checkFormulas(yaml, variables, item, [...path, index]));
  if (!isRecord(value)) return;
  const isFree = path.length === 1 && FREE_KEYS.includes(String(path[0])) && !FORMULAS.includes(firstKey(yaml, path));
  for (const [name, member] of Object.entries(value)) {
    const at = [...path, name];
    if (/^\$[a-z]/i.test(name) && !isFree) checkName(yaml, at, name, firstKey(yaml, path));
    if (name === '$var' && Object.keys(value)[0] === name) checkVariable(yaml, at, member, variables);
    const inside = name === '$iterate' ? [...variables, ...ITEM_VARIABLES] : variables;
    if (name === '$tpl') for (const [key, each] of Object.entries(Object(member?.values))) checkFormulas(yaml, inside, each, [...at, 'values', key]);
    else if (!OPAQUE.includes(name)) checkFormulas(yaml, inside, member, at);
  }
}

/**
 * Whether the host evaluates the value as a formula.
 * @param {unknown} value
 */
export function isFormula(value) {
  return isRecord(value) && FORMULAS.includes(Object.keys(value)[0]);
}

/**
 * A path of an unknown variable would omit a part of a selector.
 * @param {import('./yaml-file.js').YamlFile} yaml
 * @param {(string | number)[]} path
 * @param {unknown} locator
 * @param {readonly string[]} variables
 */
function checkVariable(yaml, path, locator, variables) {
  if (typeof locator !== 'string' || locator === '') {
    yaml.error(path, `\`$var\` must be a path, but it is ${describe(locator)}`, `For example \`$var: ${variables[0]}.id\`.`);
    return;
  }
  const [, name] = /^(?:\$\.)?([^.[\\]+)/.exec(locator) ?? [];
  if (name === undefined || name === '$' || variables.includes(name)) return;
  yaml.error(path, `\`${name}\` is not a variable here`, didYouMean(name, variables));
}

/**
 * @param {import('./yaml-file.js').YamlFile} yaml
 * @param {(string | number)[]} path
 * @param {string} name
 * @param {string} first the first key of the same object
 */
function checkName(yaml, path, name, first) {
  if (name === '$jsonata') {
    yaml.error(path, '`$jsonata` is not supported', 'Use another formula, or write the method in JavaScript (`implementationType: javascript`).');
  } else if (!FORMULAS.includes(name)) {
    const similar = nearest(name, FORMULAS);
    yaml.error(path, `\`${name}\` is not a formula`, similar === undefined ? `Formulas are: ${FORMULAS.join(', ')}.` : `Did you mean \`${similar}\`?`);
  } else if (name !== first) {
    yaml.warn(path, `\`${name}\` is an ordinary key here`, 'A formula is the first key of its object: move it there.');
  }
}

/**
 * Reads the Map, because an object would move keys like `1` to the front.
 * @param {import('./yaml-file.js').YamlFile} yaml
 * @param {(string | number)[]} path
 */
function firstKey(yaml, path) {
  const map = path.reduce((/** @type {any} */ value, key) => (value instanceof Map ? value.get(key) : value?.[key]), yaml.ordered);
  return map instanceof Map ? String(map.keys().next().value) : '';
}
