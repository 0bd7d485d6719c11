/**
 * Reads a connector folder: its specs, and which file implements which method.
 * Runs none of the connector's code and writes nothing.
 */
import { join } from 'node:path';
import { ENGINES } from '../engines.js';
import { nearest } from '../suggest.js';
import { readApiClient } from './api-client.js';
import { exampleFiles, NO_EXAMPLES } from './examples.js';
import { readEvents } from './events.js';
import { checkFields, key, oneOf, text } from './fields.js';
import { apiHosts } from './api-hosts.js';
import { schema } from './json-schema.js';
import { list, readSpec } from './list.js';
import { locales } from './locales.js';
import { readWebhooks } from './webhooks.js';

/**
 * @typedef {import('./yaml-file.js').YamlFile} YamlFile
 * @typedef {{ type: 'javascript', file: string } | { type: 'mapping', yaml: YamlFile } | { type: 'component', file: string, spec: YamlFile }} Implementation
 *
 * @typedef {object} Connector of a folder with mistakes, an implementation may be missing
 * @property {string} root
 * @property {string} key
 * @property {string} [engine] what runs its JavaScript
 * @property {readonly string[]} locales the languages that its code formats in
 * @property {YamlFile} spec
 * @property {YamlFile} [authSpec]
 * @property {{ key: string, spec: YamlFile, handle?: Implementation }[]} webhooks
 * @property {{ key: string, spec: YamlFile, selector?: Implementation }[]} events
 * @property {{ hosts: unknown[], implementation?: Implementation }} [apiClient]
 *
 * @typedef {object} Reading what the parts of the reader share
 * @property {string} root
 * @property {import('../problems.js').Problems} problems
 * @property {boolean} isComponentGiven the component was built elsewhere, so JavaScript files are not looked for
 * @property {(folder: string) => Promise<{ files: string[], folders: string[] }>} list
 */

/** @type {import('./fields.js').Fields} */
const CONNECTOR_FIELDS = {
  key: { rule: key, isRequired: true },
  name: { rule: text, isRequired: true },
  description: { rule: text },
  parametersSchema: { rule: schema },
  apiHosts: { rule: apiHosts },
  engine: { rule: oneOf(Object.keys(ENGINES)) },
  locales: { rule: locales },
};

/** Folders that other products of this format know; nothing reads them here. */
const UNREAD_FOLDERS = ['data', 'operations', 'docs', 'actions', 'flows'];
const READ_FOLDERS = ['auth', 'events', 'global-webhooks', 'examples'];

/**
 * @param {string} root
 * @param {import('../problems.js').Problems} problems
 * @param {{ isComponentGiven?: boolean }} [options]
 * @returns {Promise<Connector | undefined>} nothing where not even spec.yml can be read; every mistake is reported
 */
export async function readFolder(root, problems, { isComponentGiven = false } = {}) {
  /** @type {Reading} */
  const reading = { root, problems, isComponentGiven, list: (folder) => list(join(root, folder)) };
  const { files, folders } = await reading.list('.');
  warnOfUnread(folders, problems);
  const spec = await readSpec(reading, '.', files);
  if (spec === undefined) return undefined;
  checkFields(spec, [], spec.value, CONNECTOR_FIELDS);
  const webhooks = await readWebhooks(reading);
  const events = await readEvents(reading, webhooks.map((each) => each.key));
  const { authSpec, apiClient } = await readApiClient(reading, spec);
  if (!isComponentGiven && (await exampleFiles(root)).length === 0) problems.warn(...NO_EXAMPLES);
  return { root, key: spec.value?.key, engine: engineOf(spec), locales: localesOf(spec), spec, authSpec, webhooks, events, apiClient };
}

/** @param {YamlFile} spec */
function engineOf(spec) {
  const name = spec.value?.engine;
  return Object.hasOwn(ENGINES, String(name)) ? name : undefined;
}

/** @param {YamlFile} spec */
function localesOf(spec) {
  const found = spec.value?.locales;
  return Array.isArray(found) ? found.map(String) : [];
}

/**
 * @param {readonly string[]} folders
 * @param {import('../problems.js').Problems} problems
 */
function warnOfUnread(folders, problems) {
  for (const name of folders.filter((each) => !READ_FOLDERS.includes(each))) {
    const similar = nearest(name, READ_FOLDERS) ?? READ_FOLDERS.find((each) => each.endsWith(name));
    if (UNREAD_FOLDERS.includes(name)) problems.warn(name, undefined, 'nothing reads this folder', 'It is left out of the bundle.');
    else if (similar !== undefined) problems.warn(name, undefined, 'nothing reads this folder', `Is \`${similar}\` meant?`);
  }
}
