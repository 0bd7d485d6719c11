// The peers: what people write by hand for a webhook, as well as they would write it.
//   node server.mjs express|sqlite|isolated-vm --handler handle.js --db FILE
// Prints `listens on URL` when it is ready. Each answers what the handler chose, as JSON in, event out.
// Never more than a webhook receiver has to do: no logging, no ETag, no second parser.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import express from 'express';

import { runInIsolates } from './isolate.mjs';
import { runInProcess } from './in-process.mjs';
import { openEvents } from './events.mjs';

const { positionals: [kind], values } = parseArgs({
  allowPositionals: true,
  options: { handler: { type: 'string' }, db: { type: 'string' } },
});
const source = readFileSync(values.handler, 'utf8');

const kinds = {
  express: async () => ({ handle: await runInProcess(source), keep: () => {} }),
  sqlite: async () => ({ handle: await runInProcess(source), keep: await openEvents(values.db) }),
  'isolated-vm': async () => ({ handle: await runInIsolates(source), keep: await openEvents(values.db) }),
};
if (!kinds[kind]) throw new Error(`no such peer: ${kind}; there are ${Object.keys(kinds).join(', ')}`);
const { handle, keep } = await kinds[kind]().catch((error) => {
  console.error(`cannot run here: ${error.message.split(/\n| imported from/)[0]}`);
  process.exit(1);
});

const app = express().disable('x-powered-by').disable('etag');
app.use(express.json({ limit: '10mb', verify: (request, _, bytes) => { request.rawBytes = bytes; } }));
app.post('/webhooks/:token', async (request, response) => {
  const { events, response: answer } = await handle({
    query: request.query, data: request.body, headers: request.headers, parameters: {},
  });
  keep(request, events);
  response.status(answer.status).send(answer.data);
});

const server = app.listen(0, '127.0.0.1', () => console.log(`listens on http://127.0.0.1:${server.address().port}`));
