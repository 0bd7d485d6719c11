import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeApiClient } from '../src/guest/api-client.js';
import { eventSelector } from '../src/guest/event-selector.js';
import { formatLine } from '../src/guest/format-line.js';
import { handleArguments } from '../src/guest/handle-arguments.js';
import { handleResult } from '../src/guest/handle-result.js';
import { webhookRequest } from './support/run-code.js';

const bytes = (text) => new TextEncoder().encode(text);
const text = (data) => new TextDecoder().decode(data);
const plain = (value) => JSON.parse(JSON.stringify(value));

/** A body, how the host understood it, and the `data` that comes of it. */
const BODIES = [
  ['{"a":[1]}', { tag: 'json' }, { a: [1] }],
  ['\uFEFF{"a":1}', { tag: 'json' }, { a: 1 }],
  ['{"a":', { tag: 'json' }, '{"a":'],
  ['null', { tag: 'json' }, null],
  ['', { tag: 'json' }, ''],
  ['', { tag: 'empty' }, null],
  ['a=1&b=x+y&b=%C3%A9&c', { tag: 'form' }, { a: '1', b: ['x y', 'é'], c: '' }],
  ['?a=1', { tag: 'form' }, { '?a': '1' }],
  ['payload=%7B%7D', { tag: 'form' }, { payload: '{}' }],
  ['<a/>', { tag: 'text' }, '<a/>'],
  ['abc', { tag: 'unknown' }, 'abc'],
];

for (const [body, content, expected] of BODIES) {
  test(`data of ${content.tag}: ${JSON.stringify(body)}`, () => {
    const { data, rawBody } = handleArguments(webhookRequest({ body: { bytes: bytes(body), content } }));
    assert.deepEqual(plain(data), expected);
    assert.equal(rawBody, body);
  });
}

test('multipart fields are text, files are described', () => {
  const file = { tag: 'file', val: { filename: 'a.txt', contentType: 'text/plain', size: 3n } };
  const content = { tag: 'multipart', val: [{ name: 'n', value: { tag: 'text', val: 'x' } }, { name: 'f', value: file }] };
  const { data } = handleArguments(webhookRequest({ body: { bytes: bytes('…'), content } }));
  assert.deepEqual(data, { n: 'x', f: { filename: 'a.txt', contentType: 'text/plain', size: 3 } });
});

test('text comes from the decoded body, bytes from the received one', () => {
  const body = { bytes: Uint8Array.of(0xe9), content: { tag: 'text' }, decoded: bytes('é') };
  const { rawBody, rawBytes } = handleArguments(webhookRequest({ body }));
  assert.equal(rawBody, 'é');
  assert.deepEqual([...rawBytes], [0xe9]);
});

test('names from outside cannot touch a prototype', () => {
  const { query, data } = handleArguments(
    webhookRequest({ query: [['__proto__', 'x'], ['a', '1'], ['a', '2'], ['a', '3']], body: { bytes: bytes('__proto__=1'), content: { tag: 'form' } } }),
  );
  assert.equal(JSON.stringify(query), '{"__proto__":"x","a":["1","2","3"]}');
  assert.equal(Object.getPrototypeOf(query), Object.prototype);
  assert.equal(JSON.stringify(data), '{"__proto__":"1"}');
});

test('repeated headers are joined, and kept apart in rawHeaders', () => {
  const headers = [['x-a', '1'], ['x-a', '2']];
  const args = handleArguments(webhookRequest({ headers }));
  assert.deepEqual(args.headers, { 'x-a': '1, 2' });
  assert.deepEqual(args.rawHeaders, headers);
});

test('arguments are computed once, can be destructured, spread and overwritten', () => {
  const args = handleArguments(webhookRequest({ parameters: '{"a":1}' }));
  const { parameters } = args;
  assert.equal(args.parameters, parameters);
  assert.deepEqual({ ...args }.parameters, { a: 1 });
  args.data = 'other';
  assert.equal(args.data, 'other');
});

/** What a handler returns, and the response that is sent. */
const RESPONSES = [
  [{}, 200, [], ''],
  [{ status: 201, data: 'ok' }, 201, [['content-type', 'text/plain;charset=utf-8']], 'ok'],
  [{ data: { a: 1 } }, 200, [['content-type', 'application/json']], '{"a":1}'],
  [{ data: [1] }, 200, [['content-type', 'application/json']], '[1]'],
  [{ data: false }, 200, [['content-type', 'application/json']], 'false'],
  [{ data: '<a/>', headers: { 'Content-Type': 'text/xml' } }, 200, [['Content-Type', 'text/xml']], '<a/>'],
  [{ data: bytes('b') }, 200, [['content-type', 'application/octet-stream']], 'b'],
  [{ data: bytes('b').buffer }, 200, [['content-type', 'application/octet-stream']], 'b'],
  [{ data: new URLSearchParams({ a: '1' }) }, 200, [['content-type', 'application/x-www-form-urlencoded']], 'a=1'],
  [{ headers: { a: ['1', '2'], b: 3, c: undefined }, data: null }, 200, [['a', '1'], ['a', '2'], ['b', '3']], ''],
];

for (const [given, status, headers, body] of RESPONSES) {
  test(`response ${JSON.stringify(given)}`, () => {
    const { response } = handleResult({ response: given });
    assert.deepEqual({ ...response, body: text(response.body) }, { status, headers, body });
  });
}

const circle = {};
circle.self = circle;

test('a handler may return nothing', () => {
  for (const nothing of [undefined, null, {}]) {
    assert.deepEqual(handleResult(nothing), { events: [], response: undefined });
  }
});

test('payloads that are not JSON and holes in a list are refused', () => {
  const payloads = [circle, () => 1, Symbol('s')];
  const { events } = handleResult({ events: payloads.map((payload) => ({ selector: 'a', payload })) });
  for (const { selectors, payload } of events) {
    assert.deepEqual(selectors, []);
    assert.equal(JSON.parse(payload).code, 'payload_refused');
  }
  assert.equal(handleResult({ events: [, { selector: 'a' }] }).events.length, 2);
});

test('events are passed on as they are', () => {
  const { events } = handleResult({
    events: [{ selector: 'a', payload: { x: 1 } }, { selectors: ['a', ''], id: 'e', orderingKey: 'o' }],
  });
  assert.deepEqual(events, [
    { selectors: ['a'], payload: '{"x":1}', id: undefined, orderingKey: undefined },
    { selectors: ['a', ''], payload: 'null', id: 'e', orderingKey: 'o' },
  ]);
});

/** What a handler returns by mistake, and what it is told. */
const MISTAKES = [
  [[], 'handle must return an object such as { events: [], response: {} }, but it returned an array'],
  ['ok', 'but it returned the text "ok"'],
  [{ event: [] }, 'handle returned `event`; did you mean `events`?'],
  [{ events: {} }, 'events must be an array, but it is an object'],
  [{ response: 'ok' }, 'response must be an object { status, headers, data }, but it is the text "ok"'],
  [{ response: { body: 'ok' } }, 'response has `body`; did you mean `data`?'],
  [{ response: { status: '200' } }, 'response.status must be a whole number from 200 to 599, but it is the text "200"'],
  [{ response: { status: 101 } }, 'response.status must be'],
  [{ response: { headers: { a: true } } }, 'response.headers["a"] must be a string, but it is the boolean true'],
  [{ response: { data: () => 1 } }, 'response.data must be text, JSON or bytes, but it is a function'],
];

const refused = (code, message) => ({ selectors: [], payload: JSON.stringify({ code, message }), id: undefined, orderingKey: undefined });

/** An event that cannot be used, and why. */
const REFUSALS = [
  [null, 'event_refused', 'it must be an object { selector, payload }, but it is null'],
  [{ selector: 'a', playload: 1 }, 'event_refused', 'it has `playload`; did you mean `payload`?'],
  [{}, 'selector_refused', '`selector` must be a string, but it is undefined'],
  [{ selector: 5 }, 'selector_refused', '`selector` must be a string, but it is the number 5'],
  [{ selector: 'a', selectors: ['b'] }, 'selector_refused', 'it has both `selector` and `selectors`; give one of them'],
  [{ selectors: [] }, 'selector_refused', '`selectors` is empty; an event needs at least one selector'],
  [{ selectors: ['a', null] }, 'selector_refused', '`selectors[1]` must be a string, but it is null'],
  [{ selector: 'a\uDC00' }, 'selector_refused', '`selector` holds half a character (a lone surrogate)'],
  [{ selector: 'a', id: 0.5 }, 'id_refused', '`id` must be a string or a whole number below 2^53, but it is the number 0.5'],
  [{ selector: 'a', orderingKey: {} }, 'ordering_key_refused', '`orderingKey` must be a string or a whole number below 2^53, but it is an object'],
  [{ selector: 'a', payload: undefined }, 'payload_refused', '`payload` has no JSON: it is undefined'],
  [{ selector: 'a', payload: Promise.resolve() }, 'payload_refused', '`payload` is a Promise; write `await` before it'],
  [{ selector: 'a', payload: { toJSON() { throw 'a\uD800'; } } }, 'payload_refused', '`payload` cannot be written as JSON: a\uFFFD'],
  [{ get selector() { throw new Error('no'); } }, 'event_refused', 'no'],
];

for (const [event, code, message] of REFUSALS) {
  test(`an event is refused alone: ${message}`, () => {
    const good = { selectors: ['a'], payload: '1', id: '7', orderingKey: undefined };
    const { events } = handleResult({ events: [event, { selector: 'a', payload: 1, id: 7 }] });
    assert.deepEqual(events, [refused(code, message), good]);
  });
}

for (const [returned, message] of MISTAKES) {
  test(`handle is told: ${message}`, () => {
    assert.throws(() => handleResult(returned), (error) => error instanceof TypeError && error.message.includes(message));
  });
}

test('get-event-selector must return two strings; what nothing reads is left out', () => {
  const result = { globalWebhookKey: 'k', globalWebhookEventSelector: 's' };
  assert.deepEqual(eventSelector(result), result);
  assert.throws(() => eventSelector(undefined), /must return \{ globalWebhookKey, globalWebhookEventSelector \}, but it returned undefined/);
  assert.throws(() => eventSelector({ ...result, globalWebhookEventSelector: 5 }), /must be a string, but it is the number 5/);
  assert.throws(() => eventSelector({ ...result, globalWebhookKeys: 's' }), /returned `globalWebhookKeys`; did you mean `globalWebhookKey`\?/);
  assert.deepEqual(eventSelector({ ...result, note: 's' }), result);
});

const answer = (status, body, type = 'application/json') => ({
  tag: 'ok',
  val: { status, headers: [['Content-Type', type]], body: bytes(body) },
});

/** A client of which every request is answered by `respond`, and the batches that it sent. */
function clientWith(respond, settings) {
  const batches = [];
  const send = (requests) => {
    batches.push(requests);
    return requests.map(respond);
  };
  return { client: makeApiClient(send, settings), batches };
}

test('calls of one tick are one batch', async () => {
  const { client, batches } = clientWith(({ url }) => answer(200, JSON.stringify(url)));
  assert.deepEqual(await Promise.all([client.get('a'), client.post('b'), client.delete('c')]), ['a', 'b', 'c']);
  assert.equal(await client.get('d'), 'd');
  assert.deepEqual(batches.map((batch) => batch.length), [3, 1]);
});

test('a request carries path, query, headers and body', async () => {
  const { client, batches } = clientWith(() => answer(200, ''), () => ({ baseUrl: 'https://a.example', headers: { Authorization: 'x', 'X-A': 'y' }, query: { v: 1 } }));
  await client.get('users', { ids: [1, 2], none: undefined }, { query: { q: true }, headers: { authorization: 'z' } });
  await client.put('users/1', { a: 1 }, { auth: { username: 'u', password: 'p' }, baseUri: 'https://b.example' });
  const [[get], [put]] = batches;
  assert.equal(get.baseUri, 'https://a.example');
  assert.deepEqual(get.query, [['v', '1'], ['ids', '1'], ['ids', '2'], ['q', 'true']]);
  assert.deepEqual(get.headers, [['authorization', 'z'], ['x-a', 'y']]);
  assert.equal(get.body, undefined);
  assert.equal(put.baseUri, 'https://b.example');
  assert.deepEqual(put.auth, { username: 'u', password: 'p' });
  assert.deepEqual(put.headers[0], ['content-type', 'application/json']);
  assert.equal(text(put.body), '{"a":1}');
});

/** A response, how it is asked for, and what the call resolves to. */
const ANSWERS = [
  [answer(200, '{"a":1}'), {}, { a: 1 }],
  [answer(200, '{"a":1}', 'application/vnd.api+json; charset=utf-8'), {}, { a: 1 }],
  [answer(200, '{"a"'), {}, '{"a"'],
  [answer(200, 'x', 'text/plain'), {}, 'x'],
  [answer(200, '1', 'text/plain'), { responseType: 'json' }, 1],
  [answer(200, '1'), { responseType: 'text' }, '1'],
  [answer(204, ''), {}, null],
  [answer(201, '1'), { returnFullResponse: true }, { status: 201, headers: { 'content-type': 'application/json' }, data: 1 }],
];

for (const [response, options, expected] of ANSWERS) {
  test(`apiClient resolves to ${JSON.stringify(expected)}`, async () => {
    assert.deepEqual(await clientWith(() => response).client.get('x', {}, options), expected);
  });
}

test('arraybuffer gives the bytes', async () => {
  const data = await clientWith(() => answer(200, 'ab')).client.get('x', {}, { responseType: 'arraybuffer' });
  assert.ok(data instanceof ArrayBuffer);
  assert.equal(text(data), 'ab');
});

test('a failed call rejects with what the host says and the response', async () => {
  const failed = { tag: 'err', val: { kind: 'rate-limited', message: '429', retryAfterMs: 1000n, response: answer(429, '{"e":1}').val } };
  const { client } = clientWith(({ url }) => (url === 'bad' ? failed : answer(200, '1')));
  const [good, bad] = await Promise.allSettled([client.get('good'), client.get('bad')]);
  assert.equal(good.value, 1);
  const { name, kind, status, data, retryAfterMs } = bad.reason;
  assert.deepEqual({ name, kind, status, data, retryAfterMs }, { name: 'ApiClientError', kind: 'rate-limited', status: 429, data: { e: 1 }, retryAfterMs: 1000 });
});

/** An answer, the one handler, and what becomes of it: a value, or members of an error. */
const HANDLED = [
  [answer(200, '{"ok":true}'), { match: true, isSuccess: true }, { value: { ok: true } }],
  [answer(200, '{"ok":true}'), { match: true, isSuccess: true, data: undefined }, { value: undefined }],
  [answer(200, '{"id":1}'), { match: true, isSuccess: true, data: ({ data }) => data.id }, { value: 1 }],
  [answer(200, '1'), { match: ({ status }) => status === 404, isSuccess: false }, { value: 1 }],
  [answer(200, '{"ok":false}'), { match: ({ data }) => !data.ok }, { kind: 'refused', message: 'the external app answered 200', data: { ok: false } }],
  [answer(200, '1'), { match: 1, error: { key: 'rate_limit_exceeded', message: 'wait' } }, { kind: 'rate-limited', key: 'rate_limit_exceeded', message: 'wait' }],
  [answer(200, '1'), { match: 1, error: () => ({ key: 'connection_is_defunct', data: 2 }) }, { kind: 'unauthorized', key: 'connection_is_defunct', data: 2 }],
  [answer(200, '1'), { match: 1, error: { message: () => 'made' } }, { kind: 'refused', key: undefined, message: 'made' }],
  [answer(200, '1'), { isSuccess: true }, { message: 'responseHandlers[0] has no `match`; `match: true` matches every response' }],
  [answer(200, '1'), { match: { $eval: 1 } }, { name: 'TypeError' }],
  [answer(200, '1'), { match: 1, error: 'no' }, { message: 'responseHandlers[0].error must be an object, but it is the text "no"' }],
];

for (const [index, [response, handler, expected]] of HANDLED.entries()) {
  test(`response handler ${index} gives ${JSON.stringify(expected)}`, async () => {
    const { client } = clientWith(() => response, () => ({ responseHandlers: [handler] }));
    const [outcome] = await Promise.allSettled([client.get('x')]);
    if ('value' in expected) assert.deepEqual(outcome, { status: 'fulfilled', value: expected.value });
    else for (const [key, value] of Object.entries(expected)) assert.deepEqual(outcome.reason[key], value, key);
  });
}

test('a response handler can make a failure a success, and judges by JSON whatever form the call wants', async () => {
  const failed = { tag: 'err', val: { kind: 'refused', message: '404', response: answer(404, '{"none":true}').val } };
  const handlers = [{ match: ({ data }) => data.none, isSuccess: true, data: [] }];
  const { client } = clientWith(() => failed, () => ({ responseHandlers: handlers }));
  assert.deepEqual(await client.get('x', {}, { responseType: 'arraybuffer' }), []);
  const full = await client.get('x', {}, { returnFullResponse: true });
  assert.deepEqual([full.status, full.data], [404, []]);
});

test('a wrong call rejects alone, and says why', async () => {
  const { client } = clientWith(() => answer(200, '1'));
  const [wrong, right] = await Promise.allSettled([client.get(undefined), client.get('x')]);
  assert.match(wrong.reason.message, /apiClient.get needs a path, but it was given undefined/);
  assert.equal(right.value, 1);
  await assert.rejects(client.get('x', {}, { header: {} }), /have `header`; did you mean `headers`\?/);
});

test('when the batch cannot be sent, every call of it rejects', async () => {
  const client = makeApiClient(() => { throw new Error('no host'); });
  const results = await Promise.allSettled([client.get('a'), client.get('b')]);
  assert.deepEqual(results.map((each) => each.reason?.message), ['no host', 'no host']);
});

test('make-api-client that fails makes each call fail', async () => {
  const { client, batches } = clientWith(() => answer(200, '1'), async () => { throw new Error('no token'); });
  await assert.rejects(client.get('a'), /no token/);
  assert.equal(batches.length, 0);
});

test('log lines read like those of node', () => {
  assert.equal(formatLine(['a', 1, null, undefined, true, 5n, Symbol('s')]), 'a 1 null undefined true 5n Symbol(s)');
  assert.equal(formatLine([{ a: [1, { b: 2n }] }, new TypeError('t'), new Map([['k', 1]]), new Set([1])]), '{"a":[1,{"b":"2n"}]} TypeError: t {"k":1} [1]');
  const shared = { x: 1 };
  assert.equal(formatLine([circle, [shared, shared]]), '{"self":"[Circular]"} [{"x":1},{"x":1}]');
  assert.equal(formatLine([{ toJSON() { throw new Error(); } }]), '[unprintable]');
});
