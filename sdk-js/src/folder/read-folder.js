/**
 * Reads a connector folder: its specs, and which file implements which method.
 * Runs none of the connector's code and writes nothing.
 */
import { realpath } from 'node:fs/promises';
import { ENGINES } from '../engines.js';
import { nearest } from '../suggest.js';
import { readApiClient } from './api-client.js';
import { NO_EXAMPLES } from './examples.js';
import { readEvents } from './events.js';
import { checkFields, key, note, oneOf, text } from './fields.js';
import { apiHosts } from './api-hosts.js';
import { schema } from './json-schema.js';
import { list, readSpec } from './list.js';
import { locales } from './locales.js';
import { SPEC_FILES } from './method-files.js';
import { UNUSED_CONNECTOR_KEYS, UNUSED_ENTRIES } from './unused.js';
import { readWebhooks } from './webhooks.js';

/**
 * @typedef {import('./yaml-file.js').YamlFile} YamlFile
 * @typedef {{ type: 'javascript', file: string } | { type: 'mapping', yaml: YamlFile } | { type: 'component', file: string, spec: YamlFile }} Implementation
 *
 * @typedef {object} Connector if the folder has mistakes, an implementation may be missing
 * @property {string} root
 * @property {string} key
 * @property {string} [engine] the name of its JavaScript engine
 * @property {readonly string[]} locales the languages that its code formats in
 * @property {YamlFile} spec
 * @property {YamlFile} [authSpec]
 * @property {{ key: string, spec: YamlFile, handle?: Implementation }[]} webhooks
 * @property {{ key: string, spec: YamlFile, selector?: Implementation }[]} events
 * @property {{ hosts: unknown[], implementation?: Implementation }} [apiClient]
 *
 * @typedef {object} Reading the shared state of the reader
 * @property {string} root
 * @property {import('../problems.js').Problems} problems
 * @property {boolean} isComponentGiven whether other tools built the component, so that JavaScript files are ignored
 * @property {(folder: string) => Promise<{ files: string[], folders: string[] }>} list
 */

/** @type {import('./fields.js').Fields} */
const CONNECTOR_FIELDS = {
  key: { rule: key },
  name: { rule: text, isRequired: true },
  description: { rule: note },
  parametersSchema: { rule: schema },
  apiHosts: { rule: apiHosts },
  engine: { rule: oneOf(Object.keys(ENGINES)) },
  locales: { rule: locales },
};

const READ_FOLDERS = ['auth', 'events', 'global-webhooks', 'examples'];

/**
 * @param {string} folder
 * @param {import('../problems.js').Problems} problems
 * @param {{ isComponentGiven?: boolean }} [options]
 * @returns {Promise<Connector | undefined>} undefined if spec.yml cannot be read; every mistake is reported
 */
export async function readFolder(folder, problems, { isComponentGiven = false } = {}) {
  const root = await realpath(folder).catch(() => folder);
  const outside = (/** @type {string} */ path) => problems.error(path, undefined, 'this symbolic link leads out of the connector folder', 'Put a copy in its place.');
  /** @type {Reading} */
  const reading = { root, problems, isComponentGiven, list: (each) => list(root, each, outside) };
  // Entries that are not read may lead anywhere.
  const { files, folders } = await list(root, '.', (path) => [...READ_FOLDERS, ...SPEC_FILES].includes(path) && outside(path));
  warnOfUnread(folders, files, problems);
  const spec = await readSpec(reading, '.', files);
  if (spec === undefined) return undefined;
  checkFields(spec, [], spec.value, CONNECTOR_FIELDS, UNUSED_CONNECTOR_KEYS);
  const webhooks = await readWebhooks(reading);
  const events = await readEvents(reading, webhooks.map((each) => each.key));
  const { authSpec, apiClient } = await readApiClient(reading, spec);
  const examples = (await reading.list('examples')).files.filter((name) => name.endsWith('.json'));
  if (!isComponentGiven && examples.length === 0) problems.warn(...NO_EXAMPLES);
  if (webhooks.length === 0 && events.length === 0) spec.warn([], 'the connector has no global webhook, so it receives nothing', 'Add `global-webhooks/<key>/`.');
  return { root, key: keyOf(spec), engine: engineOf(spec), locales: localesOf(spec), spec, authSpec, webhooks, events, apiClient };
}

/**
 * The connector's key; without one, it is derived from the name.
 * @param {YamlFile} spec
 */
function keyOf(spec) {
  const { key: written, name } = Object(spec.value);
  if ((written !== undefined && written !== null) || typeof name !== 'string') return written;
  const made = name.toLowerCase().match(/[a-z0-9]+/g)?.join('-').slice(0, 64) ?? 'connector';
  spec.warn([], `the file has no \`key\`, so the key is \`${made}\``, `Write \`key: ${made}\` to keep it when the name changes.`);
  return made;
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
 * @param {readonly string[]} files
 * @param {import('../problems.js').Problems} problems
 */
function warnOfUnread(folders, files, problems) {
  for (const name of [...folders, ...files].filter((each) => UNUSED_ENTRIES.includes(each))) {
    problems.warn(name, undefined, 'Patchbay uses only webhooks and their events', 'It is left out of the bundle.');
  }
  for (const name of folders.filter((each) => ![...READ_FOLDERS, ...UNUSED_ENTRIES].includes(each))) {
    const similar = nearest(name, READ_FOLDERS) ?? READ_FOLDERS.find((each) => each.endsWith(name));
    if (similar !== undefined) problems.warn(name, undefined, 'nothing reads this folder', `Is \`${similar}\` meant?`);
  }
}
