/**
 * Reads `global-webhooks/<key>/`: the spec of each global webhook and the file of its `handle`.
 */
import { checkFields, key, note, oneOf, text } from './fields.js';
import { COMPONENT, NOT_SUPPORTED, requireMethodFile, warnOfUnusedMethods } from './method-files.js';
import { readKeyedFolders } from './list.js';
import { UNUSED_ITEM_KEYS, UNUSED_METHOD_KEYS, UNUSED_WEBHOOK_METHODS } from './unused.js';

/** @type {import('./fields.js').Fields} */
const WEBHOOK_FIELDS = {
  key: { rule: key },
  name: { rule: text, isRequired: true },
  description: { rule: note },
  methods: { rule: (...at) => checkFields(...at, METHODS, UNUSED_WEBHOOK_METHODS), isRequired: true },
};

/** @type {import('./fields.js').Fields} */
const METHODS = { handle: { rule: (...at) => checkFields(...at, HANDLE, UNUSED_METHOD_KEYS), isRequired: true } };

/** @type {import('./fields.js').Fields} */
const HANDLE = {
  implementationType: {
    rule: oneOf(['javascript', COMPONENT], () => '`handle` can only be `javascript`, or `component` where it is built elsewhere.'),
    isRequired: true,
  },
};

/**
 * @param {import('./read-folder.js').Reading} reading
 * @returns {Promise<import('./read-folder.js').Connector['webhooks']>}
 */
export async function readWebhooks(reading) {
  const webhooks = [];
  for (const { key: name, folder, files, spec } of await readKeyedFolders(reading, 'global-webhooks', ['handle'])) {
    if (spec.value?.methods?.handle?.implementationType === NOT_SUPPORTED) {
      spec.warn(['methods', 'handle'], `\`handle\` is \`${NOT_SUPPORTED}\``, 'The webhook is left out of the bundle.');
      continue;
    }
    checkFields(spec, [], spec.value, WEBHOOK_FIELDS, UNUSED_ITEM_KEYS);
    warnOfUnusedMethods(reading.problems, folder, files, Object.keys(UNUSED_WEBHOOK_METHODS));
    webhooks.push({ key: name, spec, handle: readHandle(reading, folder, files, spec) });
  }
  return webhooks;
}

/**
 * @param {import('./read-folder.js').Reading} reading
 * @param {string} folder
 * @param {readonly string[]} files
 * @param {import('./yaml-file.js').YamlFile} spec
 * @returns {import('./read-folder.js').Implementation | undefined}
 */
function readHandle({ problems, isComponentGiven }, folder, files, spec) {
  const isBuiltElsewhere = spec.value?.methods?.handle?.implementationType === COMPONENT;
  if (isComponentGiven || isBuiltElsewhere) return { type: COMPONENT, file: spec.file, spec };
  const file = requireMethodFile(problems, folder, files, ['handle'], 'javascript');
  return file === undefined ? undefined : { type: 'javascript', file };
}
