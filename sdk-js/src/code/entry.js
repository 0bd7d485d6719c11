/**
 * Writes the module that everything in a bundle hangs on: it imports the author's files and exports the contract.
 * Holds only keys and file names, so a change of words in a spec does not change the code.
 */
import { SDK_PREFIX } from './sandbox-modules.js';

/**
 * @param {import('../folder/read-folder.js').Connector} connector
 * @returns {string} JavaScript
 */
export function entryModule({ webhooks, events, apiClient }) {
  /** @type {string[]} */
  const imports = [];
  const method = (/** @type {import('../folder/read-folder.js').Implementation | undefined} */ implementation) => {
    if (implementation?.type !== 'javascript') return undefined;
    const name = `module${imports.length}`;
    // A namespace import, because a missing default export is reported elsewhere, in the author's words.
    imports.push(`import * as ${name} from ${JSON.stringify(`./${implementation.file}`)};`);
    return `{ file: ${JSON.stringify(implementation.file)}, module: ${name} }`;
  };
  const table = (/** @type {[string, import('../folder/read-folder.js').Implementation | undefined][]} */ methods) => {
    const rows = methods.flatMap(([key, implementation]) => {
      const source = method(implementation);
      return source === undefined ? [] : [`${JSON.stringify(key)}: ${source}`];
    });
    return `{ ${rows.join(', ')} }`;
  };

  const webhookTable = table(webhooks.map(({ key, handle }) => [key, handle]));
  const eventTable = table(events.map(({ key, selector }) => [key, selector]));
  const client = method(apiClient?.implementation);
  return [
    `import '${SDK_PREFIX}first';`,
    `import { connector } from '${SDK_PREFIX}runtime';`,
    ...imports,
    `const methods = connector({ webhooks: ${webhookTable}, events: ${eventTable}, makeApiClient: ${client} });`,
    'const onWebhookRequest = methods.handle;',
    'const onSelectorRequest = methods.getEventSelector;',
    'export { onWebhookRequest as handle, onSelectorRequest as getEventSelector };',
  ].join('\n');
}
