/**
 * `dev`: watches the folder, uploads every change to a host, and prints each incoming request. Without `--host` it starts a host
 * on this machine.
 */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { CACHE_FOLDER } from '../component/cache.js';
import { followRequests } from '../dev/requests.js';
import { Live } from '../dev/live.js';
import { watchFolder } from '../dev/watch.js';
import { exampleFiles } from '../folder/examples.js';
import { Host } from '../host/api.js';
import { findPatchbay } from '../host/program.js';
import { startServer } from '../host/server.js';
import { UsageError } from '../usage-error.js';
import { writeOut } from '../terminal.js';

const INTEGRATION = 'dev';

/** @typedef {{ engine?: string, host?: string, token?: string, parameters?: string, patchbay?: string, port?: string }} Values */

/**
 * @param {string} folder
 * @param {Values} values
 */
export async function runDev(folder, values) {
  await requireFolder(folder);
  const cache = join(CACHE_FOLDER, 'dev', `${basename(resolve(folder))}-${createHash('sha256').update(resolve(folder)).digest('hex').slice(0, 12)}`);
  const server = values.host === undefined ? await startServer(findPatchbay(values.patchbay), cache, portOf(values)) : undefined;
  const ending = [async () => server?.stop()];
  try {
    const host = server === undefined ? givenHost(values) : new Host(server.url, server.token);
    const stopped = interrupted();
    const shown = new Set();
    const live = new Live(folder, {
      host,
      integration: INTEGRATION,
      engine: values.engine,
      output: join(cache, 'bundle.wasm'),
      parameters: () => parametersFor(folder, values, host, server !== undefined),
      show,
      onLive: () => showWebhooks(host, shown),
    });
    ending.push(async () => stopWatching());
    const stopWatching = watchFolder(folder, () => live.refresh());
    show(`${host.url}: the first upload may take a minute, later ones take seconds`);
    await live.refresh();
    const stopFollowing = await followRequests(host, INTEGRATION, show);
    ending.push(async () => stopFollowing());
    show(`watching ${folder}; press Ctrl-C to stop\n`);
    const why = await Promise.race([stopped, ...(server === undefined ? [] : [server.ended])]);
    if (why !== undefined) throw new Error(`the host stopped: ${why}`);
    return 0;
  } finally {
    for (const end of ending.reverse()) await end();
  }
}

/** @param {string} folder */
async function requireFolder(folder) {
  const isFolder = await stat(folder).then((each) => each.isDirectory(), () => false);
  if (!isFolder) throw new Error(`${folder}: the folder does not exist. Create it with \`patchbay-sdk init ${folder}\`.`);
}

/** @param {Values} values */
function givenHost({ host, token }) {
  if (!token) throw new UsageError('`--host` also needs `--token T`.');
  return new Host(/** @type {string} */ (host), token);
}

/** @param {Values} values */
function portOf({ port }) {
  if (port === undefined) return undefined;
  if (/^\d{1,5}$/.test(port)) return Number(port);
  throw new UsageError(`\`--port\` must be a number, but it is \`${port}\`.`);
}

/**
 * The connector parameters of the integration: those of the file; otherwise those on the host; otherwise, on a local host,
 * those of an example, so that webhooks work immediately.
 * @param {string} folder
 * @param {Values} values
 * @param {Host} host
 * @param {boolean} isOwn
 * @returns {Promise<Record<string, unknown> | undefined>}
 */
async function parametersFor(folder, { parameters: file }, host, isOwn) {
  if (file !== undefined) return readParameters(file);
  const { items } = await host.get('/v1/integrations?limit=250');
  if (items.some((/** @type {any} */ each) => each.key === INTEGRATION)) return undefined;
  for (const name of isOwn ? await exampleFiles(folder) : []) {
    const example = await readFile(join(folder, 'examples', name), 'utf8').then(JSON.parse).catch(() => ({}));
    const found = example.webhook === undefined ? example.connectorParameters : example.parameters;
    if (found === undefined) continue;
    show(`connector parameters: taken from examples/${name}, including secrets. Set others with \`--parameters file.json\`.`);
    return found;
  }
  return {};
}

/** @param {string} file */
async function readParameters(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file}: the connector parameters are not readable: ${error instanceof Error ? error.message : error}. Write one JSON object.`);
  }
}

/**
 * Prints the URI of each new webhook.
 * @param {Host} host
 * @param {Set<string>} shown
 */
async function showWebhooks(host, shown) {
  for (const { key, uri } of await host.get(`/v1/integrations/${INTEGRATION}/global-webhooks`)) {
    if (shown.has(uri)) continue;
    shown.add(uri);
    show(`webhook ${key}: ${uri}`);
  }
}

/** @param {string} text */
function show(text) {
  writeOut(`${text}\n`);
}

/** @returns {Promise<undefined>} */
function interrupted() {
  return new Promise((end) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => end(undefined));
  });
}
