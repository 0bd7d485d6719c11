/**
 * Writes the manifest of a bundle: the data of a connector that the host reads without running it.
 * Holds no code and no secrets.
 */
import { orderedJson } from './ordered-json.js';

/** The name of the custom section that holds the manifest. */
export const MANIFEST_SECTION = 'patchbay:manifest';

/**
 * @param {import('./folder/read-folder.js').Connector} connector
 * @param {{ sdk: string, engine: string }} build
 * @returns {string} JSON
 */
export function manifest(connector, build) {
  const { spec, authSpec, webhooks, events, apiClient } = connector;
  return orderedJson({
    manifestVersion: 1,
    connector: {
      key: connector.key,
      ...pick(spec, ['name', 'description', 'parametersSchema']),
      credentialsSchema: authSpec?.orderedAt('credentialsSchema'),
    },
    globalWebhooks: byKey(webhooks).map((webhook) => ({
      key: webhook.key,
      ...pick(webhook.spec, ['name', 'description']),
      methods: { handle: method(webhook.handle) },
    })),
    events: byKey(events).map((event) => ({
      key: event.key,
      ...pick(event.spec, ['name', 'description', 'implementationType', 'parametersSchema', 'schema']),
      methods: { 'get-event-selector': method(event.selector) },
    })),
    apiClient: apiClient && { hosts: apiClient.hosts, ...method(apiClient.implementation) },
    build,
  });
}

/** @param {import('./folder/read-folder.js').Implementation} [implementation] */
function method(implementation) {
  if (implementation === undefined) return undefined;
  if (implementation.type === 'mapping') return { implementationType: 'mapping', mapping: implementation.yaml.ordered };
  // For the host, code in any language is code of the component.
  return { implementationType: 'javascript' };
}

/**
 * @param {import('./folder/yaml-file.js').YamlFile} yaml
 * @param {readonly string[]} keys
 */
function pick(yaml, keys) {
  return Object.fromEntries(keys.map((key) => [key, yaml.orderedAt(key)]));
}

/**
 * Sorted by the code units of the key, which does not depend on the locale.
 * @template {{ key: string }} T
 * @param {T[]} items
 */
function byKey(items) {
  return [...items].sort((a, b) => (a.key < b.key ? -1 : 1));
}
