/**
 * Reads `auth/`: what credentials look like, and how requests to the external app are made.
 */
import { describe, isRecord } from '../guest/describe.js';
import { literalHost } from './api-hosts.js';
import { checkFields, text } from './fields.js';
import { checkFormulas, isFormula } from './formulas.js';
import { schema } from './json-schema.js';
import { methodFiles, SUPPORTED_TYPES } from './method-files.js';
import { readYaml } from './yaml-file.js';

/** @type {import('./fields.js').Fields} */
const AUTH_FIELDS = { type: { rule: text }, credentialsSchema: { rule: schema } };

/** @type {import('./fields.js').Rule} Formulas, which `checkFormulas` looks at. */
const anything = () => undefined;

/** @type {import('./fields.js').Fields} */
const ERROR_FIELDS = { message: { rule: anything }, key: { rule: anything }, data: { rule: anything } };

/** @type {import('./fields.js').Fields} */
const HANDLER_FIELDS = {
  match: { rule: anything, isRequired: true },
  isSuccess: { rule: anything },
  data: { rule: anything },
  error: { rule: (yaml, path, value) => isFormula(value) || checkFields(yaml, path, value, ERROR_FIELDS) },
};

/** @type {import('./fields.js').Fields} */
const CLIENT_FIELDS = {
  baseUri: { rule: anything },
  baseUrl: { rule: anything },
  headers: { rule: record },
  query: { rule: record },
  auth: { rule: (yaml, path, value) => isFormula(value) || checkFields(yaml, path, value, AUTH_KEYS) },
  responseHandlers: { rule: handlers },
};

/** @type {import('./fields.js').Fields} */
const AUTH_KEYS = { username: { rule: anything, isRequired: true }, password: { rule: anything } };

/** @type {import('./fields.js').Rule} */
function record(yaml, path, value) {
  if (!isRecord(value)) yaml.error(path, `\`${path.at(-1)}\` must be a mapping of names to values, but it is ${describe(value)}`, 'Write `name: value` below it.');
}

/** @type {import('./fields.js').Rule} */
function handlers(yaml, path, value) {
  if (!Array.isArray(value)) return yaml.error(path, `\`${path.at(-1)}\` must be a list, but it is ${describe(value)}`, 'Begin each handler with `- match: …`.');
  value.forEach((handler, index) => checkFields(yaml, [...path, index], handler, HANDLER_FIELDS));
}

/** Functions that other products of this format know; nothing calls them here. */
const UNREAD_METHODS = [
  'test', 'disconnect', 'refresh-credentials', 'get-oauth-config', 'get-token-data',
  'get-credentials-from-access-token-response', 'get-credentials-from-refresh-token-response',
  'get-credentials-from-connection-parameters',
];

/**
 * @param {import('./read-folder.js').Reading} reading
 * @param {import('./yaml-file.js').YamlFile} spec of the connector
 * @returns {Promise<Pick<import('./read-folder.js').Connector, 'authSpec' | 'apiClient'>>}
 */
export async function readApiClient(reading, spec) {
  const { files } = await reading.list('auth');
  for (const { name } of methodFiles(files, UNREAD_METHODS)) {
    reading.problems.warn(`auth/${name}`, undefined, 'nothing reads this file', 'It is left out of the bundle.');
  }
  const authSpec = files.includes('spec.yml') ? await readYaml(reading.root, 'auth/spec.yml', reading.problems) : undefined;
  if (authSpec !== undefined) checkFields(authSpec, [], authSpec.value, AUTH_FIELDS);

  const implementation = await readImplementation(reading, files);
  const declared = spec.orderedAt('apiHosts');
  if (Array.isArray(declared)) return { authSpec, apiClient: { hosts: declared, implementation } };
  if (implementation === undefined) return { authSpec };
  const host = implementation.type === 'mapping' ? mappedHost(implementation.yaml) : undefined;
  if (host === undefined) {
    const file = implementation.type === 'mapping' ? implementation.yaml.file : implementation.file;
    reading.problems.error('spec.yml', 1, `\`${file}\` makes requests, but \`apiHosts\` does not say to which hosts`, 'Add `apiHosts: [api.example.com]`.');
  }
  return { authSpec, apiClient: { hosts: host === undefined ? [] : [host], implementation } };
}

/**
 * @param {import('./read-folder.js').Reading} reading
 * @param {readonly string[]} files
 * @returns {Promise<import('./read-folder.js').Implementation | undefined>}
 */
async function readImplementation({ root, problems }, files) {
  const [found, second] = methodFiles(files, ['make-api-client', 'makeApiClient']);
  if (found === undefined) return undefined;
  const file = `auth/${found.name}`;
  if (second !== undefined) {
    problems.error(`auth/${second.name}`, 1, `\`${found.name}\` implements the same method`, 'Keep one of them.');
  }
  if (!SUPPORTED_TYPES.includes(found.type)) {
    problems.error(file, 1, `make-api-client cannot be \`${found.type}\``, 'Write `make-api-client.map.yml` or `make-api-client.js`.');
    return undefined;
  }
  if (found.type === 'javascript') return { type: 'javascript', file };
  const yaml = await readYaml(root, file, problems);
  if (yaml !== undefined) checkMapping(yaml);
  return yaml && { type: 'mapping', yaml };
}

/** @param {import('./yaml-file.js').YamlFile} yaml */
function checkMapping(yaml) {
  const { responseHandlers, ...client } = Object(yaml.value);
  checkFormulas(yaml, ['credentials', 'parameters', 'connectorParameters'], client);
  checkFormulas(yaml, ['response'], responseHandlers ?? [], ['responseHandlers']);
  // A formula yields an object whose keys nobody knows yet.
  if (!isFormula(yaml.value)) checkFields(yaml, [], yaml.value, CLIENT_FIELDS);
}


/** @param {import('./yaml-file.js').YamlFile} yaml */
function mappedHost(yaml) {
  return literalHost(yaml.value?.baseUri ?? yaml.value?.baseUrl);
}
