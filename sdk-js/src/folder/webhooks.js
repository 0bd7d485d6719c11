/**
 * Reads `global-webhooks/<key>/`: the spec of each global webhook and the file of its `handle`.
 */
import { checkFields, key, oneOf, text } from './fields.js';
import { requireMethodFile } from './method-files.js';
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
    rule: oneOf(['javascript'], () => '`handle` can only be `javascript`.'),
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
    const file = reading.isComponentGiven
      ? `${folder}/handle`
      : requireMethodFile(reading.problems, folder, files, ['handle'], 'javascript');
    /** @type {import('./read-folder.js').Implementation | undefined} */
    const handle = file === undefined ? undefined : { type: 'javascript', file };
    webhooks.push({ key: name, spec, handle });
  }
  return webhooks;
}
