/**
 * Tests of the guest's JSON, run by ../numbers.test.js.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { eventSelector, eventSelectorArguments } from '../../src/guest/event-selector.js';
import { cloneWith } from '../../src/guest/clone.js';
import { describe } from '../../src/guest/describe.js';
import { formatLine } from '../../src/guest/format-line.js';
import { handleArguments } from '../../src/guest/handle-arguments.js';
import { handleResult } from '../../src/guest/handle-result.js';
import { parse, stringify } from '../../src/guest/json.js';
import { ExactNumber } from '../../src/guest/numbers.js';
import { mayHoldUnusual } from '../../src/guest/unusual-numbers.js';
import { webhookRequest } from './run-code.js';

const VECTORS = JSON.parse(await readFile(new URL('../../../tests/numbers.json', import.meta.url), 'utf8'));
const EXACT = '1.2345678901234567890';
const bytes = (text) => new TextEncoder().encode(text);

/** What a handler that passes its data on as the payload makes of a body. */
function passedOn(text) {
  const { data } = handleArguments(webhookRequest({ body: { bytes: bytes(text), content: { tag: 'json' } } }));
  const { events } = handleResult({ events: [{ selector: 'a', payload: data }] });
  return events[0].payload;
}

for (const { json, text, kind } of VECTORS) {
  test(`${json} is a ${kind} that reads ${text}, and is passed on as it came`, () => {
    const { n } = parse(`{"n":${json}}`);
    assert.equal(ExactNumber.is(n) ? 'exact' : typeof n, kind);
    assert.equal(`${n}`, text);
    assert.ok(n === parse(`[${json}]`)[0], 'equal to itself');
    for (const body of [`{"n":${json}}`, `[${json}]`, `{"a":[{"b":[1,${json},"${json}"]}]}`]) assert.equal(passedOn(body), body);
    assert.equal(Number(parse(json)), Number(json));
  });
}

test('numbers beside each other stay apart', () => {
  for (const [a, b] of [['9007199254740992', '9007199254740993'], ['1e400', '1e401'], ['1e-400', '0'], ['0.12345678901234567', '0.123456789012345671']]) {
    assert.ok(parse(a) !== parse(b), `${a} and ${b}`);
    assert.notEqual(String(parse(a)), String(parse(b)));
  }
});

test('ordinary numbers are ordinary', () => {
  const { a, b, c, d } = parse('{"a":1.0,"b":1e3,"c":0.10,"d":-0}');
  assert.ok(a === 1 && b === 1000 && c === 0.1 && Object.is(d, -0) && Number.isSafeInteger(a) && a + b === 1001);
});

test('an exact number rounds or throws, but never in silence', () => {
  const n = parse(EXACT);
  assert.equal(Number(n), Number(EXACT));
  assert.ok(n > 1 && n < 2 && n * 2 === Number(EXACT) * 2);
  assert.throws(() => n + 1, /write String\(…\)/);
  assert.throws(() => `${'a'}` + n, TypeError);
  assert.equal(['a', n].join(), `a,${EXACT}`);
  assert.ok(Object.isFrozen(n) && new Map([[n, 1]]).has(parse(EXACT)));
  assert.throws(() => parse('9007199254740993') + 1, TypeError);
});

test('a number is written as it came for as long as it is there', () => {
  const data = parse('{"a":1.0,"b":[2.50,1e2],"c":9007199254740993}');
  assert.equal(stringify(data), '{"a":1.0,"b":[2.50,1e2],"c":9007199254740993}');
  assert.equal(stringify(data.b), '[2.50,1e2]');
  assert.equal(stringify({ ...data, c: undefined }), '{"a":1,"b":[2.50,1e2]}');
  data.a = 2;
  data.b[0] += 1;
  assert.equal(stringify(data), '{"a":2,"b":[3.5,1e2],"c":9007199254740993}');
  assert.equal(stringify(Object.assign({}, data)), '{"a":2,"b":[3.5,1e2],"c":9007199254740993}');
});

test('a clone keeps numbers of every kind', () => {
  const clone = cloneWith(structuredClone);
  const data = parse(`{"a":1.0,"b":[${EXACT},9007199254740993]}`);
  assert.equal(stringify(clone(data)), stringify(data));
  assert.equal(clone(parse(EXACT)), parse(EXACT));
  const { map, set } = clone({ map: new Map([[data.b[0], data]]), set: new Set([data.b[0]]), self: data });
  assert.equal(stringify(map.get(data.b[0])), stringify(data));
  assert.ok(set.has(data.b[0]));
  const circle = parse('{"a":1e400}');
  circle.self = circle;
  assert.equal(clone(circle).self.self.a, circle.a);
});

test('strings that look like numbers are strings', () => {
  const text = '{"id":"9007199254740993","a":": 1.0,","b":"[9007199254740993]","c":1e400}';
  const data = parse(text);
  assert.deepEqual([data.id, data.a, data.b], ['9007199254740993', ': 1.0,', '[9007199254740993]']);
  assert.equal(stringify(data), text);
});

test('a search says where a second look is needed, and is not asked for by what is everyday', () => {
  for (const { json, kind } of VECTORS) {
    const isPlain = kind === 'number' && JSON.stringify(JSON.parse(json)) === json;
    for (const text of [json, ` ${json} `, `[${json}]`, `{"a" : ${json}}`, `[1,\n\t${json}\n]`]) assert.ok(isPlain || mayHoldUnusual(text), text);
  }
  const everyday = { id: '9007199254740993', at: '2026-01-10T10:00:00.000Z', ms: 1767225600000, price: 12.5, zero: 0, less: -10, lat: 52.5200661, hash: '12e45', version: '1.10.0' };
  assert.ok(!mayHoldUnusual(JSON.stringify(everyday, null, 2)));
});

test('everything else of parse is as the language has it', () => {
  const texts = ['', '{', '[1.0,]', '{"a":1.0,}', '01.0', '+1.0', '1.0e', '.5', '[1.0] x', 'undefined', '[-]', "{'a':1.0}"];
  for (const text of texts) {
    let expected;
    try {
      JSON.parse(text);
    } catch (error) {
      expected = error;
    }
    assert.throws(() => parse(text), { name: 'SyntaxError', message: expected.message });
  }
  const keys = parse('{"b":1.0,"2":2.0,"1":1,"__proto__":{"x":1.0},"b":3.0}');
  assert.deepEqual(Object.keys(keys), ['1', '2', 'b', '__proto__']);
  assert.equal(Object.getPrototypeOf(keys), Object.prototype);
  assert.equal(stringify(keys), '{"1":1,"2":2.0,"b":3.0,"__proto__":{"x":1.0}}');
  assert.equal(parse('[1e400,null,true,"\\u00e9"]')[3], 'é');
  assert.throws(() => parse(Symbol('s')), TypeError);
  assert.equal(parse(5), 5);
});

test('a reviver sees what a handler would see, children first', () => {
  const seen = [];
  const revived = parse(`{"a":[1.0,9007199254740993],"b":${EXACT},"gone":1}`, function (key, value) {
    seen.push([key, Array.isArray(this), typeof value]);
    return key === 'gone' ? undefined : value;
  });
  assert.deepEqual(seen, [['0', true, 'number'], ['1', true, 'bigint'], ['a', false, 'object'], ['b', false, 'object'], ['gone', false, 'number'], ['', false, 'object']]);
  assert.equal(stringify(revived), `{"a":[1.0,9007199254740993],"b":${EXACT}}`);
  assert.deepEqual(parse('[1,2]', (key, value) => (key === '' ? value : value * 2)), [2, 4]);
});

test('everything else of stringify is as the language has it', () => {
  const data = { a: 1, b: [undefined, () => 1, NaN, new Date(0)], c: undefined, d: { toJSON: (key) => `json of ${key}` }, e: Object(1), f: 'é"', g: { 2: 1, 1: 2 } };
  parse('[1.0]');
  for (const args of [[data], [data, null, 2], [data, ['b', 'a', 'g', 1, 'a']], [data, (key, value) => (key === 'a' ? undefined : value), '\t'], [undefined], [() => 1], ['x'], [null]]) {
    assert.equal(stringify(...args), JSON.stringify(...args));
  }
  const circle = {};
  circle.self = circle;
  assert.throws(() => stringify(circle), TypeError);
  assert.equal(stringify(parse('{"b":2.0,"a":{"b":1.0,"c":3}}'), ['a', 'b']), '{"a":{"b":1.0},"b":2.0}');
  assert.equal(stringify({ n: 9007199254740993n, [Symbol('s')]: 1 }), '{"n":9007199254740993}');
  assert.equal(stringify({ n: 1n }, (_key, value) => (typeof value === 'bigint' ? `${value}` : value)), '{"n":"1"}');
});

test('ids that are numbers are their digits; what was rounded is refused, and every selector that is no text', () => {
  const of = (event) => handleResult({ events: [{ selector: 'a', payload: 1, ...event }] }).events[0];
  const { id, order, ratio } = parse(`{"id":9007199254740993,"order":7,"ratio":${EXACT}}`);
  assert.deepEqual([of({ id }).id, of({ orderingKey: order }).orderingKey, of({ id: ratio }).id], ['9007199254740993', '7', EXACT]);
  for (const number of [2 ** 53, 1e400, NaN, 0.5]) {
    for (const part of ['id', 'orderingKey', 'selector']) {
      const { selectors, payload } = of({ [part]: number });
      assert.deepEqual(selectors, []);
      assert.match(payload, /must be a string/);
    }
  }
  const selector = (value) => eventSelector({ globalWebhookKey: 'a', globalWebhookEventSelector: value });
  for (const number of [7, id, ratio]) {
    assert.deepEqual(of({ selector: number }).selectors, []);
    assert.throws(() => selector(number), /must be a string, but it is the/);
  }
});

test('parameters and credentials keep their numbers', () => {
  const json = '{"id":9007199254740993}';
  assert.equal(handleArguments(webhookRequest({ parameters: json })).parameters.id, 9007199254740993n);
  const request = { eventKey: 'e', parameters: json, credentials: json, connectorParameters: json };
  const args = eventSelectorArguments(request, () => undefined);
  for (const each of [args.parameters, args.credentials, args.connectorParameters]) assert.equal(each.id, 9007199254740993n);
});

test('messages and log lines show numbers as they are', () => {
  assert.equal(describe(parse(EXACT)), `the number ${EXACT}`);
  assert.equal(formatLine([parse(EXACT), parse(`{"a":${EXACT},"b":9007199254740993}`)]), `${EXACT} {"a":${EXACT},"b":"9007199254740993n"}`);
});
