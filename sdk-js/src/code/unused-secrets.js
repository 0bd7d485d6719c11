/**
 * Finds webhooks that do not use the secret that the connector declares: such a webhook accepts requests from anybody.
 * Relies on names, and omits secrets that may be meant for requests to the external app.
 */
import { nodes, words } from './syntax.js';

const SECRET_WORDS = ['secret', 'key', 'token', 'password'];
const CHECKS = /hmac|verif|timingsafeequal|constructevent|checksignature/i;

/**
 * @param {import('../folder/read-folder.js').Connector} connector
 * @param {Map<string, { program: any }>} sources the author's files that could be read
 * @param {Record<string, string[]>} imports which file imports which
 * @param {import('../problems.js').Problems} problems
 */
export function checkSecrets(connector, sources, imports, problems) {
  const secrets = declaredSecrets(connector, sources);
  if (secrets.length === 0) return;
  for (const { handle } of connector.webhooks) {
    if (handle?.type !== 'javascript' || !sources.has(handle.file)) continue;
    const names = namesIn([...reachable(handle.file, imports)].flatMap((file) => sources.get(file)?.program ?? []));
    const listed = secrets.map((each) => `\`${each}\``).join(' or ');
    if (!secrets.some((each) => names.has(each))) {
      problems.warn(handle.file, 1, `the connector has the secret parameter ${listed}, but nothing here reads it, so anybody can send events`, `Verify the signature of the request with \`parameters.${secrets[0]}\`.`);
    } else if (![...names].some((name) => CHECKS.test(name))) {
      problems.warn(handle.file, 1, `the secret parameter ${listed} is read, but nothing is verified with it`, 'Use `createHmac` or `verify` of node:crypto and compare with `timingSafeEqual`.');
    }
  }
}

/**
 * Parameters that look like secrets and are not used for requests to the external app.
 * @param {import('../folder/read-folder.js').Connector} connector
 * @param {Map<string, { program: any }>} sources
 */
function declaredSecrets({ spec, apiClient }, sources) {
  const client = apiClient?.implementation;
  const used = client?.type === 'mapping'
    ? JSON.stringify(client.yaml.value)
    : [...namesIn(client === undefined ? [] : [sources.get(client.file)?.program])].join(' ');
  return Object.keys(Object(spec.value?.parametersSchema?.properties)).filter(
    (name) => SECRET_WORDS.includes(words(name).at(-1) ?? '') && !used.includes(name),
  );
}

/**
 * A file and all that it imports.
 * @param {string} file
 * @param {Record<string, string[]>} imports
 * @param {Set<string>} [found]
 */
function reachable(file, imports, found = new Set()) {
  if (found.has(file)) return found;
  found.add(file);
  for (const next of imports[file] ?? []) reachable(next, imports, found);
  return found;
}

/**
 * Every name and text in some files.
 * @param {any[]} programs
 */
function namesIn(programs) {
  const names = new Set();
  for (const program of programs.filter((each) => each !== undefined)) {
    for (const node of nodes(program)) {
      if (typeof node.name === 'string') names.add(node.name);
      if (node.type === 'Literal' && typeof node.value === 'string') names.add(node.value);
    }
  }
  return names;
}
