/**
 * Reads `events/<key>/`: the spec of each event and the implementation of its `get-event-selector`.
 */
import { didYouMean, misspelt } from '../suggest.js';
import { checkFields, key, note, oneOf, text } from './fields.js';
import { checkFormulas, isFormula } from './formulas.js';
import { schema } from './json-schema.js';
import { COMPONENT, methodFiles, NOT_SUPPORTED, requireMethodFile, SUPPORTED_TYPES, warnOfUnusedMethods } from './method-files.js';
import { readKeyedFolders } from './list.js';
import { UNUSED_EVENT_METHODS, UNUSED_ITEM_KEYS, UNUSED_METHOD_KEYS } from './unused.js';
import { readYaml } from './yaml-file.js';

/** The name of the method in the manifest, and the other spellings of specs. */
const SPELLINGS = ['get-event-selector', 'getEventSelector', 'getEventsSelector', 'get-events-selector'];

/** The type of the events that Patchbay receives. */
const TYPE = 'global-webhook';

/** @type {import('./fields.js').Fields} */
const EVENT_FIELDS = {
  key: { rule: key },
  name: { rule: text, isRequired: true },
  description: { rule: note },
  implementationType: { rule: oneOf([TYPE]), isRequired: true },
  parametersSchema: { rule: schema },
  schema: { rule: schema },
  methods: { rule: checkMethods, isRequired: true },
};

/** @type {import('./fields.js').Fields} */
const SELECTOR = { implementationType: { rule: oneOf([...SUPPORTED_TYPES, COMPONENT]), isRequired: true } };

/**
 * @param {import('./read-folder.js').Reading} reading
 * @param {readonly string[]} webhookKeys
 * @returns {Promise<import('./read-folder.js').Connector['events']>}
 */
export async function readEvents(reading, webhookKeys) {
  const events = [];
  for (const { key: name, folder, files, spec } of await readKeyedFolders(reading, 'events', SPELLINGS)) {
    const why = whyLeftOut(spec.value, files);
    if (why !== undefined) {
      spec.warn(['implementationType'], why, 'The event is left out of the bundle.');
      continue;
    }
    checkFields(spec, [], spec.value, EVENT_FIELDS, UNUSED_ITEM_KEYS);
    warnOfUnusedMethods(reading.problems, folder, files, Object.keys(UNUSED_EVENT_METHODS));
    const selector = await readSelector(reading, folder, files, spec);
    if (selector?.type === 'mapping') checkWebhookKey(selector.yaml, webhookKeys);
    events.push({ key: name, spec, selector });
    if (webhookKeys.length === 0) {
      spec.warn([], 'the connector has no global webhook, so this event never occurs', 'Add `global-webhooks/<key>/`.');
    }
  }
  return events;
}

/**
 * The reason why a global webhook cannot receive an event, if there is one. A likely misspelling is an error instead.
 * @param {any} spec
 * @param {readonly string[]} files
 */
function whyLeftOut(spec, files) {
  const type = spec?.implementationType;
  if (typeof type === 'string' && misspelt(type, [TYPE]) === undefined) return `Patchbay does not receive events of the type \`${type}\``;
  if (selectorType(spec) === NOT_SUPPORTED) return `\`get-event-selector\` is \`${NOT_SUPPORTED}\``;
  const isSelected = selectorType(spec) !== undefined || methodFiles(files, SPELLINGS).length > 0;
  return isSelected || type !== undefined || spec === null || typeof spec !== 'object' ? undefined : 'the event has neither an `implementationType` nor a `get-event-selector`';
}

/** @param {any} spec */
function selectorType(spec) {
  const methods = Object(spec?.methods);
  return methods[SPELLINGS.find((each) => Object.hasOwn(methods, each)) ?? '']?.implementationType;
}

/** @type {import('./fields.js').Rule} */
function checkMethods(yaml, path, value) {
  const [spelling, second] = SPELLINGS.filter((each) => Object.hasOwn(Object(value), each));
  const name = spelling ?? SPELLINGS[0];
  const others = second === undefined ? UNUSED_EVENT_METHODS : { ...UNUSED_EVENT_METHODS, [second]: 'it is the same method' };
  checkFields(yaml, path, value, { [name]: { rule: (...at) => checkFields(...at, SELECTOR, UNUSED_METHOD_KEYS), isRequired: true } }, others);
  if (second !== undefined) yaml.error([...path, second], `\`${second}\` is another spelling of \`${name}\``, 'Keep one of them.');
}

/**
 * @param {import('./read-folder.js').Reading} reading
 * @param {string} folder
 * @param {readonly string[]} files
 * @param {import('./yaml-file.js').YamlFile} spec
 * @returns {Promise<import('./read-folder.js').Implementation | undefined>}
 */
async function readSelector({ root, problems, isComponentGiven }, folder, files, spec) {
  const type = selectorType(spec.value);
  if (type === COMPONENT || (type === 'javascript' && isComponentGiven)) return { type: COMPONENT, file: spec.file, spec };
  if (!SUPPORTED_TYPES.includes(type)) return undefined;
  const file = requireMethodFile(problems, folder, files, SPELLINGS, type);
  if (file === undefined) return undefined;
  if (type === 'javascript') return { type, file };
  const yaml = await readYaml(root, file, problems);
  if (yaml === undefined || !yaml.requireJson([])) return undefined;
  checkMapping(yaml);
  return { type: 'mapping', yaml };
}

/** @type {import('./fields.js').Rule} A formula, which `checkFormulas` looks at, or text. */
const anything = () => undefined;

/** @type {import('./fields.js').Fields} */
const MAPPING_FIELDS = {
  globalWebhookKey: { rule: anything, isRequired: true },
  globalWebhookEventSelector: { rule: anything, isRequired: true },
};

/** @param {import('./yaml-file.js').YamlFile} yaml */
function checkMapping(yaml) {
  checkFormulas(yaml, ['parameters', 'credentials', 'connectorParameters']);
  if (!isFormula(yaml.value)) checkFields(yaml, [], yaml.value, MAPPING_FIELDS);
}

/**
 * A literal webhook key in a mapping can be checked before anybody subscribes.
 * @param {import('./yaml-file.js').YamlFile} yaml
 * @param {readonly string[]} webhookKeys
 */
function checkWebhookKey(yaml, webhookKeys) {
  const key = yaml.value?.globalWebhookKey;
  if (typeof key !== 'string' || webhookKeys.includes(key)) return;
  yaml.error(['globalWebhookKey'], `the connector has no global webhook \`${key}\``, didYouMean(key, webhookKeys));
}
