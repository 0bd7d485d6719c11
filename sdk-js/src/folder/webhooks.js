/**
 * Reads `global-webhooks/<key>/`: the spec of each global webhook and the file of its `handle`.
 */
import { checkFields, key, oneOf, text } from './fields.js';
import { COMPONENT, requireMethodFile } from './method-files.js';
import { readKeyedFolders } from './list.js';

/** @type {import('./fields.js').Fields} */
const WEBHOOK_FIELDS = {
  key: { rule: key, isRequired: true },
  name: { rule: text, isRequired: true },
  description: { rule: text },
  methods: { rule: (...at) => checkFields(...at, METHODS), isRequired: true },
};

/** @type {import('./fields.js').Fields} */
const METHODS = { handle: { rule: (...at) => checkFields(...at, HANDLE), isRequired: true } };

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
  for (const { key: name, folder, files, spec } of await readKeyedFolders(reading, 'global-webhooks')) {
    checkFields(spec, [], spec.value, WEBHOOK_FIELDS);
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
