import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { folderWith, SOUND } from './support/folders.js';
import { runCode, webhookRequest } from './support/run-code.js';

const HANDLE = 'global-webhooks/hook/handle.js';

test('handlers run, sync and async, as modules and as CommonJS', async () => {
  const second = { 'global-webhooks/second/spec.yml': SOUND['global-webhooks/hook/spec.yml'].replace('key: hook', 'key: second') };
  const { handle } = await runCode(
    await folderWith({
      ...second,
      [HANDLE]: "export default async function handle({ data }) { return { events: [{ selector: `a:${data.id}` }] }; }",
      'global-webhooks/second/handle.js': "module.exports = ({ method }) => ({ response: { data: method } });",
    }),
  );
  const body = { bytes: new TextEncoder().encode('{"id":1}'), content: { tag: 'json' } };
  const first = await handle(webhookRequest({ body }));
  assert.deepEqual(first.val.events[0].selectors, ['a:1']);
  const { tag, val } = await handle(webhookRequest({ webhookKey: 'second' }));
  assert.deepEqual([tag, new TextDecoder().decode(val.response.body)], ['ok', 'POST']);
});

test('globals are there before the first line of an author', async () => {
  const { handle } = await runCode(
    await folderWith({
      [HANDLE]: "const parts = [typeof createHmac, Buffer.from('a').toString('hex'), typeof crypto.subtle];\nexport default () => ({ response: { data: parts.join() } });",
    }),
  );
  const { val } = await handle(webhookRequest());
  assert.equal(new TextDecoder().decode(val.response.body), 'function,61,object');
});

test('whatever is thrown becomes a failure record', async () => {
  const { handle } = await runCode(
    await folderWith({
      [HANDLE]: "export default async ({ path }) => {\n  if (path === '/text') throw 'x';\n  if (path === '/null') throw null;\n  if (path === '/type') throw new TypeError('t');\n  return { event: 1 };\n};",
    }),
  );
  const failureOf = async (path) => (await handle(webhookRequest({ path }))).val;
  assert.deepEqual(await failureOf('/text'), { name: 'Error', message: 'a value that is not an Error was thrown: the text "x"', stack: `at ${HANDLE}:1` });
  assert.match((await failureOf('/null')).message, /thrown: null$/);
  assert.deepEqual([(await failureOf('/type')).name, (await failureOf('/type')).message], ['TypeError', 't']);
  assert.match((await failureOf('')).message, /did you mean `events`\?/);
});

test('an unknown webhook is a failure, not a crash', async () => {
  const { handle } = await runCode(await folderWith());
  assert.match((await handle(webhookRequest({ webhookKey: 'nope' }))).val.message, /this bundle has no global webhook `nope`/);
});

test('console goes to the log of the call', async () => {
  const { handle, log } = await runCode(
    await folderWith({ [HANDLE]: "const { log, warn } = console;\nexport default () => { log('a', { b: 1 }); warn('w'); };" }),
  );
  await handle(webhookRequest());
  assert.deepEqual(log, ['info: a {"b":1}', 'warn: w']);
});

test('get-event-selector in JavaScript uses what make-api-client gives', async () => {
  const requests = [];
  const send = (batch) => batch.map((request) => {
    requests.push(request);
    return { tag: 'ok', val: { status: 200, headers: [['content-type', 'application/json']], body: new TextEncoder().encode('{"id":7}') } };
  });
  const { getEventSelector } = await runCode(
    await folderWith({
      'spec.yml': `${SOUND['spec.yml']}apiHosts: [api.example.com]\n`,
      'auth/make-api-client.js': 'export default async ({ credentials, parameters }) => ({ baseUri: parameters.base, headers: { token: credentials.token } });',
      'events/happened/get-event-selector.js':
        "export default async ({ apiClient, externalApiClient }) => ({ globalWebhookKey: 'hook', globalWebhookEventSelector: `u:${(await apiClient.get('me')).id}:${apiClient === externalApiClient}` });",
    }),
    { send },
  );
  const result = await getEventSelector({ eventKey: 'happened', parameters: '{}', credentials: '{"token":"t"}', connectorParameters: '{"base":"https://api.example.com"}' });
  assert.deepEqual(result, { tag: 'ok', val: { globalWebhookKey: 'hook', globalWebhookEventSelector: 'u:7:true' } });
  assert.deepEqual([requests[0].baseUri, requests[0].headers], ['https://api.example.com', [['token', 't']]]);
});

test('the bundled code does not depend on where the folder is', async () => {
  const [one, other] = await Promise.all([folderWith(), folderWith()]);
  await cp(one, join(other, 'copy'), { recursive: true });
  const codes = await Promise.all([one, other, join(other, 'copy')].map(async (each) => (await runCode(each)).code));
  assert.equal(codes[0], codes[1]);
  assert.equal(codes[0], codes[2]);
  assert.ok(!codes[0].includes(one));
});
