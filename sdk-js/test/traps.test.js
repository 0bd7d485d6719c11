import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { check } from '../src/index.js';
import { formatProblem } from '../src/problems.js';
import { folderWith } from './support/folders.js';

const HANDLE = 'global-webhooks/hook/handle.js';
const SAMPLES = fileURLToPath(new URL('../../sample-connectors/', import.meta.url));
const TEMPLATE = fileURLToPath(new URL('../template', import.meta.url));

/** The body of a handler, and the beginnings of the warnings that must come of it: each with its line. */
const BODIES = [
  ["const signature = headers['x-signature'];\nreturn signature === parameters.sum;", ['3: `===` compares what looks like a secret']],
  ["return createHmac('sha256', parameters.s).update(rawBytes).digest('hex') !== headers['x-sum'];", ['2: `!==` compares what looks like a secret']],
  ["const mine = createHmac('sha256', parameters.s).update(rawBytes).digest('hex');\nreturn mine == headers['x-sum'];", ['3: `==` compares']],
  ["return headers['x-hub-signature-256'] === `sha256=${parameters.sum}`;", ['2: `===` compares']],
  ["return headers['x-gitlab-token'] !== parameters.webhookToken;", ['2: `!==` compares']],
  ['return data.nextToken === data.lastToken;', []],
  ["return headers['x-signature'] === undefined || headers['x-signature'].length !== parameters.length || typeof data.signature === 'string';", []],
  ["return data.signatureVersion === parameters.version;", []],
  ['return { events: [{ selector: `a:${data?.id}` }] };', ['2: if `data?.id` is undefined, so is a part of the selector']],
  ["return { events: [{ selectors: ['a:' + data.team?.id] }] };", ['2: if `data.team?.id` is undefined']],
  ["return { events: [{ selector: `a:${data?.id ?? 'none'}`, payload: `${data?.text}` }] };", []],
  ['if (!data?.id) return;\nreturn { events: [{ selector: `a:${data?.id}` }] };', []],
  ["return createHmac('sha256', parameters.s).update(rawBody).digest();", ['2: a signature over `rawBody` is wrong']],
  ["const signed = `v0:${rawBody}`;\nreturn createHmac('sha256', parameters.s).update(signed).digest();", ['2: a signature over `rawBody`']],
  ["const hmac = createHmac('sha256', parameters.s);\nhmac.update(JSON.stringify(data));", ['3: a signature over `JSON.stringify(…)`']],
  ["return createHash('md5').update(rawBody).digest();", []],
  ["return headers['X-Signature'] ?? headers.Authorization;", ["2: `headers` has lower-case names, so `X-Signature` never occurs. Write `x-signature`.", '2: `headers` has lower-case names, so `Authorization`']],
  ["const { 'X-Kind': kind } = headers;\nreturn kind;", ['2: `headers` has']],
  ["const answer = { headers: {} };\nanswer.headers['X-Mine'] = 'a';\nreturn headers['x-kind'];", []],
];

for (const [body, expected] of BODIES) {
  test(`trap: ${body.replaceAll('\n', ' ')}`, async () => {
    const code = `export default async function handle({ data, headers, parameters, rawBody, rawBytes }) {\n${body}\n}\n`;
    await warnsOf({ [HANDLE]: code }, expected.map((each) => `${HANDLE}:${each.replace(': ', ': warning: ')}`));
  });
}

const SECRET = { 'spec.yml': 'key: sound\nname: Sound\nparametersSchema: { type: object, properties: { webhookSecret: { type: string } } }\n' };

test('a declared secret that no file of the webhook reads is warned of', async () => {
  await warnsOf({ ...SECRET, [HANDLE]: "import '../../lib/a.js';\nexport default () => {};\n", 'lib/a.js': 'export const a = 1;\n' }, [
    `${HANDLE}:1: warning: the connector has the secret parameter \`webhookSecret\`, but nothing here reads it`,
  ]);
});

test('a secret that is read and checks nothing is warned of', async () => {
  await warnsOf({ ...SECRET, [HANDLE]: 'export default ({ parameters }) => console.log(parameters.webhookSecret.length);\n' }, [
    `${HANDLE}:1: warning: the secret parameter \`webhookSecret\` is read, but nothing is verified with it`,
  ]);
});

test('a secret that a helper checks, or that requests to the external app use, is fine', async () => {
  const helper = "import { createHmac, timingSafeEqual } from 'node:crypto';\nexport const check = ({ parameters }) => timingSafeEqual(createHmac('sha256', parameters.webhookSecret).digest(), Buffer.alloc(32));\n";
  await warnsOf({ ...SECRET, [HANDLE]: "import { check } from '../../lib/a.js';\nexport default (request) => ({ events: [], response: { status: check(request) ? 200 : 401 } });\n", 'lib/a.js': helper }, []);
  await warnsOf({ ...SECRET, 'auth/make-api-client.map.yml': 'baseUri: https://a.example\nheaders: { key: { $var: parameters.webhookSecret } }\n' }, []);
});

test('the template and every sample are silent but for the hint at the selector of the seed', async () => {
  const folders = (await readdir(SAMPLES, { withFileTypes: true })).filter((each) => each.isDirectory()).map(({ name }) => SAMPLES + name);
  for (const folder of [TEMPLATE, ...folders]) {
    const found = (await check(folder)).map((each) => formatProblem(each)).filter((line) => !line.includes('`response?.id`') || !folder.endsWith('seed-example'));
    assert.deepEqual(found, [], folder);
  }
});

async function warnsOf(changes, expected) {
  const lines = (await check(await folderWith(changes))).map((each) => formatProblem(each));
  assert.equal(lines.length, expected.length, lines.join('\n'));
  expected.forEach((beginning, index) => assert.ok(lines[index].startsWith(beginning), `${lines[index]}\nbut expected\n${beginning}`));
}
