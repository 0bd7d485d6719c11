/**
 * crypto.subtle of the sandbox, compared with the engine's own.
 */
import assert from 'node:assert/strict';
import { webcrypto as real } from 'node:crypto';
import { test } from 'node:test';
import './crypto-host.js';

const { crypto, CryptoKey } = await import('../src/guest/crypto/web-crypto.js');
const { subtle } = crypto;

const RSA = { modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };
/** Parameters of importKey and generateKey, parameters of sign and verify, the formats of public keys. */
const PAIRS = [
  [{ name: 'Ed25519' }, 'Ed25519', ['raw', 'spki', 'jwk']],
  ...['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'].map((hash) => [{ name: 'ECDSA', namedCurve: 'P-256' }, { name: 'ECDSA', hash }, ['raw', 'spki', 'jwk']]),
  ...['SHA-1', 'SHA-256', 'SHA-512'].map((hash) => [{ name: 'RSASSA-PKCS1-v1_5', hash }, 'RSASSA-PKCS1-v1_5', ['spki', 'jwk']]),
  [{ name: 'RSA-PSS', hash: 'SHA-256' }, { name: 'RSA-PSS', saltLength: 32 }, ['spki', 'jwk']],
  [{ name: 'RSA-PSS', hash: 'SHA-512' }, { name: 'RSA-PSS', saltLength: 64 }, ['spki', 'jwk']],
];
const HMAC = { name: 'HMAC', hash: 'SHA-256' };
const data = new TextEncoder().encode('some data');
const importSecret = (usages = ['sign', 'verify'], extractable = true) => subtle.importKey('raw', data, HMAC, extractable, usages);

test('digests equal those of the engine and are ArrayBuffers', async () => {
  for (const name of ['SHA-1', 'sha-256', 'SHA-384', 'SHA-512']) {
    for (const length of [0, 1, 63, 64, 65, 10_240]) {
      const bytes = real.getRandomValues(new Uint8Array(length));
      const digest = await subtle.digest(length % 2 ? name : { name }, bytes);
      assert.ok(digest instanceof ArrayBuffer);
      assert.deepEqual(digest, await real.subtle.digest(name, bytes));
    }
  }
  assert.deepEqual(await subtle.digest('SHA-256', data.buffer), await real.subtle.digest('SHA-256', data));
  assert.deepEqual(await subtle.digest('SHA-256', new DataView(data.buffer, 2, 3)), await real.subtle.digest('SHA-256', data.subarray(2, 5)));
});

test('HMAC signs and verifies as the engine does', async () => {
  for (const hash of ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']) {
    for (const length of [1, 63, 64, 65, 300]) {
      const secret = real.getRandomValues(new Uint8Array(length));
      const parameters = ['raw', secret, { name: 'hmac', hash: { name: hash } }, true, ['sign', 'verify']];
      const [key, theirs] = [await subtle.importKey(...parameters), await real.subtle.importKey(...parameters)];
      const signature = await subtle.sign('hmac', key, data);
      assert.deepEqual(signature, await real.subtle.sign('HMAC', theirs, data));
      assert.equal(await subtle.verify({ name: 'HMAC' }, key, signature, data), true);
      assert.equal(await subtle.verify('HMAC', key, signature, data.subarray(1)), false);
      assert.equal(await subtle.verify('HMAC', key, signature.slice(1), data), false);
      assert.equal(await subtle.verify('HMAC', key, new ArrayBuffer(0), data), false);
      assert.deepEqual({ ...key.algorithm }, { ...theirs.algorithm });
      assert.deepEqual(await subtle.exportKey('raw', key), await real.subtle.exportKey('raw', theirs));
      assert.deepEqual(await subtle.exportKey('jwk', key), { ...(await real.subtle.exportKey('jwk', theirs)) });
    }
  }
});

test('signatures go both ways between the engine and the sandbox, in every key format', async () => {
  for (const [algorithm, parameters, formats] of PAIRS) {
    const generated = algorithm.name.startsWith('RSA') ? { ...algorithm, ...RSA } : algorithm;
    const { publicKey, privateKey } = await real.subtle.generateKey(generated, true, ['sign', 'verify']);
    const theirs = await real.subtle.sign(parameters, privateKey, data);
    for (const format of formats) {
      const exported = await real.subtle.exportKey(format, publicKey);
      const key = await subtle.importKey(format, exported, algorithm, true, ['verify']);
      const label = `${JSON.stringify(parameters)} ${format}`;
      assert.equal(key.type, 'public');
      assert.equal(await subtle.verify(parameters, key, theirs, data), true, label);
      assert.equal(await subtle.verify(parameters, key, theirs, data.subarray(1)), false, label);
      assert.equal(await subtle.verify(parameters, key, theirs.slice(0, -1), data), false, label);
      assert.deepEqual(JSON.stringify(key.algorithm), JSON.stringify(publicKey.algorithm), label);
      if (format === 'jwk') assert.equal((await subtle.exportKey('jwk', key)).x, exported.x, label);
      else assert.deepEqual(await subtle.exportKey(format, key), exported, label);
    }
    for (const format of ['pkcs8', 'jwk']) {
      const key = await subtle.importKey(format, await real.subtle.exportKey(format, privateKey), algorithm, true, ['sign']);
      const signature = await subtle.sign(parameters, key, data);
      assert.ok(signature instanceof ArrayBuffer);
      assert.equal(await real.subtle.verify(parameters, publicKey, signature, data), true);
      assert.deepEqual(await subtle.exportKey('pkcs8', key), await real.subtle.exportKey('pkcs8', privateKey));
    }
  }
});

test('what is not supported is named, with what is', async () => {
  const supported = /Supported: digest with SHA-1.*HMAC, Ed25519, ECDSA \(P-256\), RSASSA-PKCS1-v1_5 and RSA-PSS/;
  const refused = [
    () => subtle.digest('MD5', data),
    () => subtle.digest('sha256', data),
    () => subtle.digest(undefined, data),
    () => subtle.importKey('raw', data, 'AES-GCM', false, ['encrypt']),
    () => subtle.importKey('raw', data, undefined, false, ['sign']),
    () => subtle.importKey('raw', data, { name: 'HMAC', hash: 'MD5' }, false, ['sign']),
    () => subtle.importKey('raw', data, { name: 'HMAC' }, false, ['sign']),
    () => subtle.importKey('spki', data, HMAC, false, ['sign']),
    () => subtle.importKey('raw', data, { name: 'ECDSA', namedCurve: 'P-384' }, false, ['verify']),
    () => subtle.importKey('raw', data, { name: 'RSA-PSS', hash: 'SHA-256' }, false, ['verify']),
    () => subtle.encrypt({ name: 'AES-GCM' }, null, data),
    () => subtle.generateKey(HMAC, true, ['sign']),
    () => subtle.deriveBits('PBKDF2', null, 8),
  ];
  for (const call of refused) await assert.rejects(call, { name: 'NotSupportedError', message: supported }, String(call));
});

test('a key serves only what it was imported for', async () => {
  const key = await importSecret(['verify']);
  await assert.rejects(() => subtle.sign('HMAC', key, data), { name: 'InvalidAccessError', message: /usage 'sign'/ });
  await assert.rejects(() => subtle.verify('Ed25519', key, data, data), { name: 'InvalidAccessError', message: /key is for HMAC/ });
  await assert.rejects(() => subtle.sign('HMAC', {}, data), { name: 'TypeError', message: /importKey/ });
  await assert.rejects(() => importSecret([]), { name: 'SyntaxError', message: /'sign' and 'verify'/ });
  await assert.rejects(() => importSecret(['encrypt']), { name: 'SyntaxError', message: /'encrypt'/ });
  await assert.rejects(() => importSecret(undefined).then(() => importSecret('verify')), { name: 'TypeError', message: /list/ });
  await assert.rejects(() => subtle.importKey('raw', new Uint8Array(32), 'Ed25519', true, ['sign']), { name: 'SyntaxError', message: /public/ });
  await assert.rejects(async () => subtle.exportKey('raw', await importSecret(['sign'], false)), { name: 'InvalidAccessError' });
  await assert.rejects(async () => subtle.exportKey('spki', await importSecret()), { name: 'NotSupportedError' });
});

test('damaged keys are a DataError', async () => {
  const point = { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' };
  const oct = { kty: 'oct', k: 'AAAA' };
  const broken = [
    ['raw', new Uint8Array(0), HMAC, ['sign'], /empty/],
    ['raw', data, { ...HMAC, length: 8 }, ['sign'], /Leave length out/],
    ['raw', new Uint8Array(31), 'Ed25519', ['verify'], /32 bytes/],
    ['raw', new Uint8Array(65), { name: 'ECDSA', namedCurve: 'P-256' }, ['verify'], /04/],
    ['spki', data, 'Ed25519', ['verify'], /damaged/],
    ['pkcs8', new Uint8Array(0), 'Ed25519', ['sign'], /damaged/],
    ['jwk', point, { name: 'ECDSA', namedCurve: 'P-256' }, ['verify'], /32 bytes/],
    ['jwk', { kty: 'RSA', n: 'AQAB', e: 'AQAB' }, 'Ed25519', ['verify'], /not a key for Ed25519/],
    ['jwk', { ...oct, k: '***' }, HMAC, ['sign'], /base64url/],
    ['jwk', { ...oct, alg: 'HS512' }, HMAC, ['sign'], /HS512/],
    ['jwk', { ...oct, use: 'enc' }, HMAC, ['sign'], /enc/],
    ['jwk', { ...oct, key_ops: ['verify'] }, HMAC, ['sign'], /key_ops/],
    ['jwk', { ...oct, ext: false }, HMAC, ['sign'], /ext/],
    ['jwk', { kty: 'RSA' }, HMAC, ['sign'], /"oct"/],
  ];
  for (const [format, keyData, algorithm, usages, message] of broken) {
    await assert.rejects(() => subtle.importKey(format, keyData, algorithm, true, usages), { name: 'DataError', message }, String(message));
  }
});

test('strings are not data', async () => {
  await assert.rejects(() => subtle.digest('SHA-256', 'text'), { name: 'TypeError', message: /TextEncoder/ });
  await assert.rejects(() => subtle.importKey('raw', 'secret', HMAC, false, ['sign']), { name: 'TypeError', message: /ArrayBuffer/ });
  await assert.rejects(async () => subtle.verify('HMAC', await importSecret(), 'sig', data), { name: 'TypeError', message: /signature/ });
});

test('a salt of another length is refused, and what the host says is an OperationError', async () => {
  const { publicKey } = await real.subtle.generateKey({ name: 'RSA-PSS', hash: 'SHA-256', ...RSA }, true, ['sign', 'verify']);
  const key = await subtle.importKey('spki', await real.subtle.exportKey('spki', publicKey), { name: 'RSA-PSS', hash: 'SHA-256' }, true, ['verify']);
  await assert.rejects(() => subtle.verify({ name: 'RSA-PSS', saltLength: 20 }, key, data, data), { name: 'NotSupportedError', message: /32/ });

  const offCurve = Uint8Array.from({ length: 65 }, (_, at) => (at === 0 ? 4 : at));
  const point = await subtle.importKey('raw', offCurve, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify']);
  const verified = subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, point, new Uint8Array(64), data);
  await assert.rejects(verified, { name: 'OperationError', message: /./ });
});

test('keys do not show their material', async () => {
  const key = await importSecret();
  assert.ok(key instanceof CryptoKey);
  assert.equal(String(key), '[object CryptoKey]');
  assert.deepEqual(Object.keys(key), ['type', 'extractable', 'algorithm', 'usages']);
  assert.throws(() => key.usages.push('verify'), TypeError);
});

test('getRandomValues fills what the standard lets it fill', () => {
  for (const view of [new Uint8Array(65_536), new Int16Array(8), new BigUint64Array(8)]) {
    assert.equal(crypto.getRandomValues(view), view);
    assert.ok(view.some((value) => Number(value) !== 0));
  }
  assert.throws(() => crypto.getRandomValues(new Uint8Array(65_537)), { name: 'QuotaExceededError' });
  assert.throws(() => crypto.getRandomValues(new Float32Array(1)), { name: 'TypeMismatchError' });
  assert.throws(() => crypto.getRandomValues([1]), { name: 'TypeMismatchError' });
  assert.match(crypto.randomUUID(), /^[0-9a-f-]{36}$/);
});
