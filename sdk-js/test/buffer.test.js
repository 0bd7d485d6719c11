import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { asBytes } from '../src/guest/binary.js';
import { responseOf } from '../src/guest/api-response.js';
import { handleArguments } from '../src/guest/handle-arguments.js';
import * as sandbox from '../src/guest/node-buffer.js';
import { webhookRequest } from './support/run-code.js';

const { Buffer: Sandboxed } = sandbox;

test('base64url is read and written as node does it', () => {
  for (const bytes of [[], [0xfb], [0xfb, 0xff], [0xfb, 0xff, 0xbf], [1, 2, 3, 4]]) {
    const expected = Buffer.from(bytes).toString('base64url');
    assert.equal(Sandboxed.from(bytes).toString('base64url'), expected);
    assert.equal(Sandboxed.from(bytes).toString('BASE64URL'), expected);
    assert.deepEqual([...Sandboxed.from(expected, 'base64url')], bytes);
    assert.equal(Sandboxed.byteLength(expected, 'base64url'), bytes.length);
  }
  assert.equal(Sandboxed.from('abcdef').toString('base64url', 1, 3), 'YmM');
  assert.equal(Sandboxed.alloc(3, '-_-_', 'base64url').toString('hex'), 'fbffbf');
  assert.equal(Sandboxed.alloc(3).write('-_-_', 'base64url'), 3);
  assert.equal(Sandboxed.isEncoding('base64url'), true);
});

test('the text `base64url` is a text like any other', () => {
  assert.equal(Sandboxed.from('base64url').toString(), 'base64url');
  assert.equal(Sandboxed.from('a base64url').indexOf('base64url'), 2);
  assert.equal(Sandboxed.from('aé').toString('hex'), '61c3a9');
  assert.throws(() => Sandboxed.from('a').toString('base65'), /Unknown encoding/);
});

test('bytes of another realm are wrapped, not copied', () => {
  const foreign = runInNewContext('new Uint8Array([1, 2, 3])');
  assert.equal(foreign instanceof Uint8Array, false);
  const { rawBytes } = handleArguments(webhookRequest({ body: { bytes: foreign, content: { tag: 'unknown' } } }));
  assert.ok(rawBytes instanceof Uint8Array);
  foreign[0] = 9;
  assert.deepEqual([...rawBytes], [9, 2, 3]);
  assert.deepEqual([...asBytes(foreign.buffer)], [9, 2, 3]);
  assert.equal(asBytes('text'), undefined);
});

test('arraybuffer gives what was received, and no more', () => {
  const whole = Uint8Array.of(1, 2, 3, 4);
  assert.equal(responseOf({ status: 200, headers: [], body: whole }, 'arraybuffer').data, whole.buffer);
  const part = responseOf({ status: 200, headers: [], body: whole.subarray(1, 3) }, 'arraybuffer').data;
  assert.deepEqual([...new Uint8Array(part)], [2, 3]);
});
