/**
 * Reads `auth/`: the schema of credentials, and how requests to the external app are made.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { nodes } from '../code/syntax.js';
import { describe, isRecord } from '../guest/describe.js';
import { literalHost } from './api-hosts.js';
import { checkFields, text } from './fields.js';
import { checkFormulas, isFormula } from './formulas.js';
import { schema } from './json-schema.js';
import { readSpec } from './list.js';
import { methodFiles, SPEC_FILES, SUPPORTED_TYPES, warnOfUnusedMethods } from './method-files.js';
import { UNUSED_AUTH_FILES, UNUSED_AUTH_KEYS } from './unused.js';
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
  if (!Array.isArray(value)) return yaml.error(path, `\`${path.at(-1)}\` must be a list, but it is ${describe(value)}`, 'Start each handler with `- match: …`.');
  value.forEach((handler, index) => checkFields(yaml, [...path, index], handler, HANDLER_FIELDS));
}

/**
 * @param {import('./read-folder.js').Reading} reading
 * @param {import('./yaml-file.js').YamlFile} spec of the connector
 * @returns {Promise<Pick<import('./read-folder.js').Connector, 'authSpec' | 'apiClient'>>}
 */
export async function readApiClient(reading, spec) {
  const { files } = await reading.list('auth');
  warnOfUnusedMethods(reading.problems, 'auth', files, UNUSED_AUTH_FILES);
  const authSpec = SPEC_FILES.some((name) => files.includes(name)) ? await readSpec(reading, 'auth', files) : undefined;
  if (authSpec !== undefined) checkFields(authSpec, [], authSpec.value, AUTH_FIELDS, UNUSED_AUTH_KEYS);

  const implementation = await readImplementation(reading, files);
  const declared = spec.orderedAt('apiHosts');
  if (Array.isArray(declared)) return { authSpec, apiClient: { hosts: declared, implementation } };
  if (implementation === undefined) return { authSpec };
  const hosts = await impliedHosts(reading.root, implementation);
  if (hosts.length === 0) {
    const file = implementation.type === 'mapping' ? implementation.yaml.file : implementation.file;
    spec.warn([], `\`${file}\` makes requests, but \`apiHosts\` does not say to which hosts, so the host rejects all of them`, 'Add `apiHosts: [api.example.com]`.');
  }
  return { authSpec, apiClient: { hosts, implementation } };
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
  if (yaml === undefined || !yaml.requireJson([])) return undefined;
  checkMapping(yaml);
  return { type: 'mapping', yaml };
}

/** @param {import('./yaml-file.js').YamlFile} yaml */
function checkMapping(yaml) {
  const { responseHandlers, ...client } = Object(yaml.value);
  checkFormulas(yaml, ['credentials', 'parameters', 'connectorParameters'], client);
  checkFormulas(yaml, ['response'], responseHandlers ?? [], ['responseHandlers']);
  // The keys of a formula's result are not known yet.
  if (!isFormula(yaml.value)) checkFields(yaml, [], yaml.value, CLIENT_FIELDS);
}

/**
 * The hosts that a base URI declares: that of the URL, or the result of its formula.
 * @param {string} root
 * @param {import('./read-folder.js').Implementation} implementation
 * @returns {Promise<unknown[]>}
 */
async function impliedHosts(root, implementation) {
  if (implementation.type === 'javascript') return baseUris(await readFile(join(root, implementation.file), 'utf8')).flatMap((each) => literalHost(each) ?? []);
  if (implementation.type !== 'mapping') return [];
  const { yaml } = implementation;
  const name = ['baseUri', 'baseUrl'].find((each) => Object(yaml.value)[each] !== undefined);
  if (name === undefined) return [];
  return isFormula(yaml.value[name]) ? [yaml.orderedAt(name)] : [literalHost(yaml.value[name]) ?? []].flat();
}

/**
 * The base URIs that are literals in a file.
 * @param {string} text
 * @returns {string[]}
 */
function baseUris(text) {
  const { program } = parseSync('make-api-client.ts', text);
  return [...nodes(program)]
    .filter((node) => node.type === 'Property' && ['baseUri', 'baseUrl'].includes(node.key.name ?? node.key.value))
    .map((node) => node.value.value);
}
