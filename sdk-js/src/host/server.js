/**
 * Starts and stops a host on this machine for one connector folder, with its own data.
 * The host prints its API token only at the first start, so the token is kept in a file that only the user can read.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const START_MS_MAX = 30_000;

/**
 * @param {string} program
 * @param {string} folder for data and token
 * @param {number} [port] default: a free port
 * @returns {Promise<{ url: string, token: string, stop: () => Promise<void>, ended: Promise<string> }>} `ended` resolves with
 *   the reason when the host has stopped
 */
export async function startServer(program, folder, port) {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const tokenFile = join(folder, 'token');
  const data = join(folder, 'data');
  const known = await readFile(tokenFile, 'utf8').catch(() => undefined);
  // Without the token the data is unusable.
  if (known === undefined) await rm(data, { recursive: true, force: true });
  const address = `127.0.0.1:${port ?? (await freePort())}`;
  const child = spawn(
    program,
    ['serve', '--data', data, '--listen', address, '--public-url', `http://${address}`, '--egress-allow', '127.0.0.0/8', '--log', 'error'],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let lastWords = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (lastWords = (lastWords + text).slice(-2000)));
  const ended = new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (status, signal) => resolve(lastWords.trim() || `status ${status ?? signal}`));
  });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  try {
    const { url, token = known?.trim() } = await greeting(child.stdout, ended);
    if (token === undefined) throw new Error(`the host printed no token. Delete ${folder} and restart.`);
    if (known === undefined) await writeFile(tokenFile, `${token}\n`, { mode: 0o600 });
    return { url, token, stop, ended };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * @param {import('node:stream').Readable} output
 * @param {Promise<string>} ended
 * @returns {Promise<{ url: string, token?: string }>}
 */
async function greeting(output, ended) {
  const said = (async () => {
    /** @type {string | undefined} */
    let token;
    for await (const line of createInterface({ input: output })) {
      token = /API token .*: (\S+)/.exec(line)?.[1] ?? token;
      const url = /listens on (\S+)/.exec(line)?.[1];
      if (url !== undefined) return { url, token };
    }
    throw new Error(`the host did not start: ${await ended}`);
  })();
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the host did not start within ${START_MS_MAX / 1000} s`)), START_MS_MAX);
  });
  try {
    return /** @type {any} */ (await Promise.race([said, late]));
  } finally {
    clearTimeout(timer);
    // Drained, because a full pipe would block the host.
    output.resume();
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}
