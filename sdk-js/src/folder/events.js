/**
 * Reads `events/<key>/`: the spec of each event and what implements its `get-event-selector`.
 */
import { didYouMean } from '../suggest.js';
import { checkFields, key, oneOf, text } from './fields.js';
import { checkFormulas, isFormula } from './formulas.js';
import { schema } from './json-schema.js';
import { COMPONENT, requireMethodFile, SUPPORTED_TYPES } from './method-files.js';
import { readKeyedFolders } from './list.js';
import { readYaml } from './yaml-file.js';

/** The method as the manifest calls it, and the other spellings that specs use. */
const SPELLINGS = ['get-event-selector', 'getEventSelector', 'getEventsSelector', 'get-events-selector'];

/** @type {import('./fields.js').Fields} */
const EVENT_FIELDS = {
  key: { rule: key, isRequired: true },
  name: { rule: text, isRequired: true },
  description: { rule: text },
  implementationType: {
    rule: oneOf(['global-webhook'], (value) =>
      value === 'webhook' ? 'Only events of the type `global-webhook` can be received here.' : undefined,
    ),
    isRequired: true,
  },
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
  for (const { key: name, folder, files, spec } of await readKeyedFolders(reading, 'events')) {
    checkFields(spec, [], spec.value, EVENT_FIELDS);
    const selector = await readSelector(reading, folder, files, spec);
    if (selector?.type === 'mapping') checkWebhookKey(selector.yaml, webhookKeys);
    events.push({ key: name, spec, selector });
    if (webhookKeys.length === 0) {
      spec.warn([], 'the connector has no global webhook, so this event can never occur', 'Add `global-webhooks/<key>/`.');
    }
  }
  return events;
}

/** @type {import('./fields.js').Rule} */
function checkMethods(yaml, path, value) {
  const [spelling, second] = SPELLINGS.filter((each) => Object.hasOwn(Object(value), each));
  const name = spelling ?? SPELLINGS[0];
  checkFields(yaml, path, value, { [name]: { rule: (...at) => checkFields(...at, SELECTOR), isRequired: true } });
  if (second !== undefined) yaml.error([...path, second], `\`${second}\` is \`${name}\` again`, 'Keep one of them.');
}

/**
 * @param {import('./read-folder.js').Reading} reading
 * @param {string} folder
 * @param {readonly string[]} files
 * @param {import('./yaml-file.js').YamlFile} spec
 * @returns {Promise<import('./read-folder.js').Implementation | undefined>}
 */
async function readSelector({ root, problems, isComponentGiven }, folder, files, spec) {
  const methods = Object(spec.value?.methods);
  const type = methods[SPELLINGS.find((each) => Object.hasOwn(methods, each)) ?? '']?.implementationType;
  if (type === COMPONENT || (type === 'javascript' && isComponentGiven)) return { type: COMPONENT, file: spec.file, spec };
  if (!SUPPORTED_TYPES.includes(type)) return undefined;
  const file = requireMethodFile(problems, folder, files, SPELLINGS, type);
  if (file === undefined) return undefined;
  if (type === 'javascript') return { type, file };
  const yaml = await readYaml(root, file, problems);
  if (yaml !== undefined) checkMapping(yaml);
  return yaml && { type: 'mapping', yaml };
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
 * A mapping that writes its webhook key out can be checked before anybody subscribes.
 * @param {import('./yaml-file.js').YamlFile} yaml
 * @param {readonly string[]} webhookKeys
 */
function checkWebhookKey(yaml, webhookKeys) {
  const key = yaml.value?.globalWebhookKey;
  if (typeof key !== 'string' || webhookKeys.includes(key)) return;
  yaml.error(['globalWebhookKey'], `the connector has no global webhook \`${key}\``, didYouMean(key, webhookKeys));
}
