/**
 * createHash, createHmac, timingSafeEqual and randomness of the sandbox's node:crypto, compared with the real one.
 */
import assert from 'node:assert/strict';
import * as real from 'node:crypto';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { calls } from './crypto-host.js';

const ours = await import('../src/guest/crypto/node-crypto.js');

const HASHES = ['sha1', 'sha256', 'sha384', 'sha512'];
const LENGTHS = [0, 1, 63, 64, 65, 127, 128, 129, 10 * 1024];

test('every spelling of a hash that node knows is known', () => {
  for (const name of ['sha256', 'SHA256', 'SHA-256', 'sha-256', 'RSA-SHA256', 'rsa-sha256', 'sha256WithRSAEncryption', 'RSA-SHA1', 'sha512']) {
    assert.equal(ours.createHash(name).update('a').digest('hex'), real.createHash(name).update('a').digest('hex'), name);
    assert.equal(ours.createHmac(name, 'k').update('a').digest('hex'), real.createHmac(name, 'k').update('a').digest('hex'), name);
  }
});

test('hashes and HMACs of random data equal those of node', () => {
  for (const hash of HASHES) {
    for (const length of LENGTHS) {
      const [data, key] = [real.randomBytes(length), real.randomBytes(length % 200)];
      assert.equal(ours.createHash(hash).update(data).digest('hex'), real.createHash(hash).update(data).digest('hex'), `${hash} ${length}`);
      assert.equal(ours.createHmac(hash, key).update(data).digest('hex'), real.createHmac(hash, key).update(data).digest('hex'), `${hash} ${length}`);
    }
  }
});

test('data in pieces gives what data in one piece gives', () => {
  for (const length of LENGTHS) {
    const data = real.randomBytes(length);
    const cut = real.randomInt(length + 1);
    const hmac = ours.createHmac('sha256', 'key').update(data.subarray(0, cut)).update('').update(data.subarray(cut));
    assert.equal(hmac.digest('hex'), real.createHmac('sha256', 'key').update(data).digest('hex'));
  }
  assert.equal(ours.createHash('sha256').digest('hex'), real.createHash('sha256').digest('hex'), 'without update');
});

test('update reads what node reads', () => {
  const bytes = Uint8Array.of(0, 1, 0xff, 0x7b, 0xe4, 0xb8, 0xad, 9);
  const inputs = [
    ['plain'], ['ä中😀'], ['lone \ud800 surrogate'], ['', 'utf8'], ['616263', 'hex'], ['61zz63', 'hex'], ['6G', 'hex'],
    ['YWJj', 'base64'], ['-_-_', 'base64'], ['_-8', 'base64url'], ['YQ==', 'base64'], ['äÿ', 'latin1'], ['äÿ', 'binary'],
    ['ab', 'utf16le'], ['ab', 'UCS2'], ['ab', 'UTF-8'], ['ab', 'ascii'], ['ab', 'buffer'],
    [Buffer.from(bytes)], [bytes], [bytes.subarray(2, 5)], [new DataView(bytes.buffer, 1, 4)], [new Uint16Array(bytes.buffer, 2, 2)],
  ];
  for (const [data, encoding] of inputs) {
    const expected = real.createHash('sha256').update(data, encoding).digest('hex');
    assert.equal(ours.createHash('sha256').update(data, encoding).digest('hex'), expected, `${String(data)} ${encoding}`);
  }
});

test('keys of createHmac are read as node reads them', () => {
  const bytes = Uint8Array.of(1, 2, 0xff, 4);
  const keys = ['', 'secret', 'schlüssel', 'x'.repeat(200), Buffer.from(bytes), bytes, bytes.subarray(1), bytes.buffer, new DataView(bytes.buffer)];
  for (const key of keys) {
    const expected = real.createHmac('sha256', key).update('data').digest('hex');
    assert.equal(ours.createHmac('sha256', key).update('data').digest('hex'), expected);
  }
  const secret = ours.createSecretKey(bytes);
  assert.equal(ours.createHmac('sha256', secret).update('a').digest('hex'), real.createHmac('sha256', bytes).update('a').digest('hex'));
});

test('arrays of another realm, as handlers get them, are bytes like any other', () => {
  const foreign = runInNewContext('Uint8Array.of(1, 2, 255)');
  const expected = real.createHash('sha256').update(Uint8Array.of(1, 2, 255)).digest('hex');
  assert.equal(ours.createHash('sha256').update(foreign).digest('hex'), expected);
  assert.equal(ours.createHash('sha256').update(foreign.buffer).digest('hex'), expected);
  assert.equal(ours.timingSafeEqual(foreign, Uint8Array.of(1, 2, 255)), true);
});

test('digest writes what node writes', () => {
  for (const encoding of ['hex', 'HEX', 'base64', 'base64url', 'latin1', 'binary']) {
    const expected = real.createHmac('sha512', 'k').update('data').digest(encoding);
    assert.equal(ours.createHmac('sha512', 'k').update('data').digest(encoding), expected, encoding);
  }
  const buffer = ours.createHash('sha1').update('data').digest();
  assert.equal(buffer.toString('base64'), real.createHash('sha1').update('data').digest('base64'));
  assert.ok(buffer instanceof Uint8Array);
  assert.equal(typeof buffer.readUInt32BE(0), 'number');
});

test('copy goes its own way', () => {
  const hash = ours.createHash('sha256').update('a');
  const copy = hash.copy().update('b');
  hash.update('c');
  assert.equal(copy.digest('hex'), real.createHash('sha256').update('ab').digest('hex'));
  assert.equal(hash.digest('hex'), real.createHash('sha256').update('ac').digest('hex'));
  assert.throws(() => hash.copy(), { code: 'ERR_CRYPTO_HASH_FINALIZED' });
});

test('after digest nothing more is possible', () => {
  for (const make of [() => ours.createHash('sha256'), () => ours.createHmac('sha256', 'k')]) {
    const hash = make();
    hash.digest();
    assert.throws(() => hash.digest('hex'), { code: 'ERR_CRYPTO_HASH_FINALIZED', message: /Digest already called/ });
    assert.throws(() => hash.update('a'), { code: 'ERR_CRYPTO_HASH_FINALIZED' });
  }
});

test('a large body reaches the host without a copy', () => {
  const body = new Uint8Array(10 * 1024 * 1024);
  ours.createHmac('sha256', 'key').update(body).digest();
  assert.equal(calls.at(-1).data.buffer, body.buffer);
});

test('a scratch buffer may be reused between updates', () => {
  const scratch = Buffer.from('one');
  const hash = ours.createHash('sha256').update(scratch);
  scratch.write('two');
  assert.equal(hash.update(scratch).digest('hex'), real.createHash('sha256').update('onetwo').digest('hex'));
  const key = Uint8Array.of(1, 2, 3);
  const hmac = ours.createHmac('sha256', key);
  key.fill(0);
  assert.equal(hmac.digest('hex'), real.createHmac('sha256', Uint8Array.of(1, 2, 3)).digest('hex'));
});

test('wrong arguments fail with the codes of node and a remedy', () => {
  const wrong = [
    [() => ours.createHash('md5'), 'ERR_CRYPTO_INVALID_DIGEST', /'sha1', 'sha256', 'sha384', 'sha512'/],
    [() => ours.createHmac('sha512-256', 'k'), 'ERR_CRYPTO_INVALID_DIGEST', /sha512-256/],
    [() => ours.createHmac(undefined, 'k'), 'ERR_CRYPTO_INVALID_DIGEST', /undefined/],
    [() => ours.createHmac('sha256', undefined), 'ERR_INVALID_ARG_TYPE', /createHmac .* undefined\. Is the connector parameter/],
    [() => ours.createHmac('sha256', null), 'ERR_INVALID_ARG_TYPE', /null/],
    [() => ours.createHmac('sha256', 42), 'ERR_INVALID_ARG_TYPE', /of type number/],
    [() => ours.createHash('sha256').update({ a: 1 }), 'ERR_INVALID_ARG_TYPE', /of type object/],
    [() => ours.createHash('sha256').update(), 'ERR_INVALID_ARG_TYPE', /undefined/],
    [() => ours.createHash('sha256').update('abc', 'hex'), 'ERR_INVALID_ARG_VALUE', /even length/],
    [() => ours.createHash('sha256').update('abc', 'rot13'), 'ERR_UNKNOWN_ENCODING', /'base64url'/],
    [() => ours.createHash('sha256').digest('rot13'), 'ERR_UNKNOWN_ENCODING', /rot13/],
    [() => ours.createHash('sha256', { outputLength: 8 }), 'ERR_OUT_OF_RANGE', /32/],
  ];
  for (const [call, code, message] of wrong) assert.throws(call, { code, message }, String(call));
});

test('timingSafeEqual compares as node does', () => {
  assert.equal(ours.timingSafeEqual(Buffer.from('abc'), new TextEncoder().encode('abc')), true);
  assert.equal(ours.timingSafeEqual(Buffer.from('abc'), Buffer.from('abd')), false);
  assert.equal(ours.timingSafeEqual(Buffer.alloc(0), Buffer.alloc(0)), true);
  assert.equal(ours.timingSafeEqual(new Uint16Array([1]), new DataView(Uint8Array.of(1, 0).buffer)), true);
  assert.equal(ours.timingSafeEqual(Uint8Array.of(7).buffer, Uint8Array.of(7)), true);
  const lengths = { name: 'RangeError', code: 'ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH', message: /same byte length/ };
  assert.throws(() => ours.timingSafeEqual(Buffer.from('a'), Buffer.from('ab')), lengths);
  assert.throws(() => real.timingSafeEqual(Buffer.from('a'), Buffer.from('ab')), { ...lengths });
  assert.throws(() => ours.timingSafeEqual('a', Buffer.from('a')), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE', message: /Buffer\.from/ });
  assert.throws(() => ours.timingSafeEqual(Buffer.from('a'), undefined), { code: 'ERR_INVALID_ARG_TYPE' });
});

test('random bytes come from the engine, also after the sandbox has replaced crypto', (t) => {
  const native = Object.getOwnPropertyDescriptor(globalThis, 'crypto');
  t.after(() => Object.defineProperty(globalThis, 'crypto', native));
  Object.defineProperty(globalThis, 'crypto', { value: ours.webcrypto, configurable: true });

  assert.match(ours.randomUUID(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.notEqual(ours.randomUUID(), ours.randomUUID());
  const large = ours.randomBytes(200_000);
  assert.equal(large.length, 200_000);
  for (const at of [0, 65_536, 131_072, 199_900]) assert.ok(large.subarray(at, at + 100).some((byte) => byte !== 0), `zeros at ${at}`);
  assert.equal(ours.randomBytes(0).length, 0);
  assert.throws(() => ours.randomBytes(-1), { code: 'ERR_OUT_OF_RANGE' });
  assert.throws(() => ours.randomBytes('8'), { code: 'ERR_OUT_OF_RANGE' });
  for (let round = 0; round < 100; round += 1) assert.ok([3, 4].includes(ours.randomInt(3, 5)));
  const filled = ours.randomFillSync(new Uint32Array(8), 4);
  assert.deepEqual([...filled.subarray(0, 4)], [0, 0, 0, 0]);
  assert.ok(filled.subarray(4).some((value) => value !== 0));
});

test('randomBytes calls back', async () => {
  const bytes = await new Promise((resolve, reject) => {
    ours.randomBytes(5, (error, value) => (error ? reject(error) : resolve(value)));
  });
  assert.equal(bytes.length, 5);
});

test('the one-shot hash, the list of hashes and the default export', () => {
  assert.equal(ours.hash('sha256', 'abc'), real.createHash('sha256').update('abc').digest('hex'));
  for (const name of ours.getHashes()) {
    assert.ok(real.getHashes().includes(name), name);
    ours.createHash(name);
  }
  const { default: whole, ...names } = ours;
  assert.deepEqual(Object.keys(whole).sort(), Object.keys(names).sort());
});

test('what the sandbox has not says so when it is called', () => {
  assert.throws(() => ours.createCipheriv('aes-256-gcm', 'k', 'iv'), { message: /createCipheriv is not available .* no ciphers/ });
  assert.throws(() => new ours.X509Certificate('pem'), { message: /createPublicKey\(pem\)/ });
});
