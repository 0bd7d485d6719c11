// The main job, once, on real parts: a connector folder becomes a bundle, a host runs it, and a webhook reaches the
// right customer's endpoint, signed. The external app and the customer are two small HTTP servers in this process.
// Never leaves anything behind: the data folder is temporary.

import { spawn, execFileSync } from 'node:child_process';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const patchbay = process.argv[2];
const folder = mkdtempSync(join(tmpdir(), 'patchbay-demo-'));
const cleanUps = [() => rmSync(folder, { recursive: true, force: true })];

let number = 0;
const step = (text) => console.log(`\n${(number += 1)}. ${text}`);
const show = (text) => console.log(`   ${text}`);

try {
  await demo();
} catch (error) {
  console.error(`\nThe demo failed: ${error.message}`);
  process.exitCode = 1;
} finally {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
}

async function demo() {
  step('Build the connector: sample-connectors/seed-example becomes one WebAssembly file');
  const bundle = join(folder, 'seed-example.wasm');
  execFileSync(
    process.execPath,
    ['sdk-js/bin/patchbay-sdk.js', 'build', 'sample-connectors/seed-example', '-o', bundle],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );

  step('Start the external app (it knows two users) and two customers’ endpoints');
  const app = await listen(externalApp);
  const deliveries = { ada: [], bob: [] };
  const ada = await listen(endpoint(deliveries.ada));
  const bob = await listen(endpoint(deliveries.bob));
  show(`external app ${app}   Ada’s endpoint ${ada}   Bob’s endpoint ${bob}`);

  step('Start the host');
  const { url, token } = await startHost();
  const api = client(url, token);
  show(`listens on ${url}; it printed the API token once`);

  step('Upload the bundle (the host compiles it: about ten seconds, once)');
  const connector = await patiently(api('POST', '/v1/connectors', readFileSync(bundle), 'application/wasm'));
  show(`connector ${connector.key}, version ${connector.version}, ${connector.digest.slice(0, 19)}…`);

  step('Use it in an integration, and get the URI to give to the external app');
  await api('PUT', '/v1/integrations/demo', { connector: 'seed-example', parameters: { apiBaseUri: app } });
  const [webhook] = await api('GET', '/v1/integrations/demo/global-webhooks');
  show(`${webhook.name}: ${webhook.uri}`);

  step('Ada and Bob connect their accounts and subscribe to the event');
  const secret = await subscribe(api, 'ada', ada);
  await subscribe(api, 'bob', bob);

  step('The external app sends a webhook that concerns Ada');
  const body = JSON.stringify({ from_user_id: 'user-ada', text: 'Hello from the external app' });
  show(`curl ${webhook.uri} -H 'content-type: application/json' -d '${body}'`);
  const answer = await fetch(webhook.uri, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  show(`answer: ${answer.status} ${await answer.text()}`);

  step('Ada’s endpoint gets the event');
  const delivery = await first(deliveries.ada);
  show(delivery.body);
  verify(secret, delivery);
  show(`signature verified (Standard Webhooks): ${delivery.headers['webhook-signature']}`);
  if (deliveries.bob.length > 0) throw new Error('Bob got an event that is not his');
  show('Bob’s endpoint got nothing: the event is not his');

  step('The host shows what became of it');
  const { items } = await api('GET', '/v1/webhook-requests');
  const request = await api('GET', `/v1/webhook-requests/${items[0].id}`);
  for (const event of request.events) {
    const to = event.deliveries.map((one) => `${one.customer} (${one.status})`).join(', ');
    show(`${request.id}: ${request.status}: ${event.selectors.join(', ')} → ${to}`);
  }
  console.log('\nDone: one event, delivered to the one customer that it belongs to, signed and verified.');
}

async function startHost() {
  const address = `127.0.0.1:${await freePort()}`;
  const args = ['serve', '--data', join(folder, 'data'), '--listen', address, '--public-url', `http://${address}`];
  // The demo's own servers are on this machine, where deliveries do not go unless they are told to.
  args.push('--egress-allow', '127.0.0.0/8', '--log', 'warn');
  show(`patchbay ${args.join(' ')}`);
  const host = spawn(patchbay, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  cleanUps.push(async () => {
    if (host.exitCode !== null) return;
    host.kill('SIGTERM');
    await once(host, 'exit');
  });
  let token;
  for await (const line of createInterface({ input: host.stdout })) {
    token = /API token .*: (\S+)/.exec(line)?.[1] ?? token;
    const url = /listens on (\S+)/.exec(line)?.[1];
    if (url) return { url, token };
  }
  throw new Error('the host did not start; its last words are above');
}

async function subscribe(api, name, destination) {
  await api('PUT', `/v1/connections/${name}`, {
    integration: 'demo', customer: name, credentials: { accessToken: `token-of-${name}` },
  });
  const subscription = await api('POST', '/v1/subscriptions', {
    connection: name, event: 'event-key', destination: { url: destination },
  });
  if (subscription.status !== 'subscribed') throw new Error(JSON.stringify(subscription.error));
  show(`${name}: ${subscription.id} listens to ${subscription.globalWebhookEventSelector}`);
  return subscription.secret;
}

function client(url, token) {
  return async (method, path, body, type = 'application/json') => {
    const isBytes = body instanceof Uint8Array;
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': type }) },
      body: isBytes || body === undefined ? body : JSON.stringify(body),
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer}`);
    return JSON.parse(answer);
  };
}

/** Shows every few seconds that it still goes on. */
async function patiently(work) {
  const start = Date.now();
  const clock = setInterval(() => show(`… ${Math.round((Date.now() - start) / 1000)} s`), 3_000);
  try {
    return await work;
  } finally {
    clearInterval(clock);
  }
}

/** The external app: tells whose token it was shown. */
function externalApp(request, response) {
  const user = /^Bearer token-of-(\w+)$/.exec(request.headers.authorization ?? '')?.[1];
  response.writeHead(user ? 200 : 401, { 'content-type': 'application/json' });
  response.end(JSON.stringify(user ? { id: `user-${user}` } : { error: 'who are you?' }));
}

/** A customer's endpoint: keeps what it gets. */
function endpoint(deliveries) {
  return async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    deliveries.push({ headers: request.headers, body });
    response.end();
  };
}

/** What a receiver does with a delivery: the signature is over id, time and body. */
function verify(secret, { headers, body }) {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const expected = Buffer.from(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
  const given = Buffer.from(headers['webhook-signature']);
  const isRecent = Math.abs(Date.now() / 1000 - Number(headers['webhook-timestamp'])) < 300;
  if (!isRecent || given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new Error('the signature is wrong');
  }
}

async function first(deliveries) {
  const end = Date.now() + 10_000;
  while (deliveries.length === 0) {
    if (Date.now() > end) throw new Error('nothing was delivered within 10 seconds');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return deliveries[0];
}

async function listen(handler) {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
