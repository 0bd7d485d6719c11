/**
 * Checks a JSON Schema for common mistakes.
 * Does not validate the whole language: the host does that at the upload of a bundle.
 */
import { describe, isRecord } from '../guest/describe.js';
import { didYouMean, misspelt } from '../suggest.js';

const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];

/** @type {import('./fields.js').Rule} */
export function schema(yaml, path, value) {
  if (!isRecord(value)) {
    yaml.error(path, `\`${path.at(-1)}\` must be a JSON Schema, but it is ${describe(value)}`, 'Write `type: object` and `properties:` below it.');
    return;
  }
  checkTypes(yaml, path, value);
  checkProperties(yaml, path, value);
  if (isRecord(value.items)) schema(yaml, [...path, 'items'], value.items);
}

/** @type {import('./fields.js').Rule} */
function checkTypes(yaml, path, value) {
  if (value.type === undefined) return;
  for (const type of [value.type].flat()) {
    if (TYPES.includes(type)) continue;
    const what = `JSON Schema has no type ${describe(type)}`;
    if (typeof type !== 'string' || misspelt(type, TYPES) !== undefined || TYPES.some((each) => each.startsWith(type))) {
      const shortened = TYPES.find((each) => typeof type === 'string' && type !== '' && each.startsWith(type));
      yaml.error([...path, 'type'], what, shortened === undefined ? didYouMean(String(type), TYPES) : `Did you mean \`${shortened}\`?`);
    } else {
      yaml.leaveOut([...path, 'type']);
      yaml.warn([...path, 'type'], what, 'It is left out of the bundle, so that every value is valid here.');
    }
  }
}

/** @type {import('./fields.js').Rule} */
function checkProperties(yaml, path, value) {
  const { properties, required } = value;
  if (properties !== undefined && !isRecord(properties)) {
    yaml.error([...path, 'properties'], `\`properties\` must be a mapping, but it is ${describe(properties)}`, 'Write one key for each property.');
    return;
  }
  for (const [name, property] of Object.entries(properties ?? {})) {
    if (typeof property !== 'boolean') schema(yaml, [...path, 'properties', name], property);
  }
  if (required === undefined) return;
  if (!Array.isArray(required) || !required.every((name) => typeof name === 'string')) {
    yaml.error([...path, 'required'], '`required` must be a list of property names', 'Write it beside `properties`: `required: [name]`.');
    return;
  }
  for (const name of required) {
    if (properties === undefined || Object.hasOwn(properties, name)) continue;
    const what = `\`required\` names \`${name}\`, which is not among \`properties\``;
    const remedy = didYouMean(name, Object.keys(properties));
    if (misspelt(name, Object.keys(properties)) === undefined) yaml.warn([...path, 'required'], what, remedy);
    else yaml.error([...path, 'required'], what, remedy);
  }
}
