/**
 * Writes the module that everything in a bundle hangs on: it imports the author's files and exports the contract.
 * Holds only keys, file names and lines, so a change of words in a spec does not change the code.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SDK_PREFIX } from './sandbox-modules.js';

/** Where a file says what its function is. */
const DEFAULT_EXPORT = /^[ \t]*(export\s+default\b|export\s*\{[^}]*\bdefault\b|module\.exports\b)/m;

/**
 * @param {import('../folder/read-folder.js').Connector} connector
 * @param {import('../engines.js').Engine} engine
 * @returns {string} JavaScript
 */
export function entryModule({ root, webhooks, events, apiClient }, { ownsEventLoop }) {
  const runtimeNames = ['connector', ...(ownsEventLoop ? ['forgetRandom', 'runNextTimer'] : [])];
  /** @type {string[]} */
  const imports = [];
  const method = (/** @type {import('../folder/read-folder.js').Implementation | undefined} */ implementation) => {
    if (implementation?.type !== 'javascript') return undefined;
    const name = `module${imports.length}`;
    // A namespace import, because a missing default export is reported elsewhere, in the author's words.
    imports.push(`import * as ${name} from ${JSON.stringify(`./${implementation.file}`)};`);
    // A failure that no line of the author's caused, such as a wrong result, is said to be here.
    const place = `${implementation.file}:${lineOfExport(join(root, implementation.file))}`;
    return `{ file: ${JSON.stringify(implementation.file)}, place: ${JSON.stringify(place)}, module: ${name} }`;
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
    `import { ${runtimeNames.map((name) => `${name} as patchbay_${name}`).join(', ')} } from '${SDK_PREFIX}runtime';`,
    ...imports,
    `const methods = patchbay_connector({ webhooks: ${webhookTable}, events: ${eventTable}, makeApiClient: ${client} });`,
    'const { handle: onWebhookRequest, getEventSelector: onSelectorRequest } = methods;',
    'export { onWebhookRequest as handle, onSelectorRequest as getEventSelector };',
    ...(ownsEventLoop ? ['export { patchbay_runNextTimer as runNextTimer };', 'patchbay_forgetRandom();'] : []),
  ].join('\n');
}

/** @param {string} path */
function lineOfExport(path) {
  try {
    const text = readFileSync(path, 'utf8');
    const found = DEFAULT_EXPORT.exec(text);
    return found === null ? 1 : text.slice(0, found.index).split('\n').length;
  } catch {
    // That it cannot be read is the bundler's to report.
    return 1;
  }
}
