/**
 * The published test vectors of providers and standards, through the sandbox's node:crypto and crypto.subtle.
 * Those marked as made by us follow the provider's documented algorithm but were computed with another HMAC library.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import './crypto-host.js';
import { HMACS, HUBSPOT_KEY, HUBSPOT_V1, HUBSPOT_V2 } from './support/vectors.js';

const { createHash, createHmac, createPublicKey, timingSafeEqual, verify } = await import('../src/guest/crypto/node-crypto.js');
const { subtle } = (await import('../src/guest/crypto/web-crypto.js')).crypto;

for (const [name, hash, key, data, encoding, expected] of HMACS) {
  test(`HMAC: ${name}`, async () => {
    assert.equal(createHmac(hash, key).update(data).digest(encoding), expected);
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
    const webKey = await subtle.importKey('raw', Buffer.from(key), { name: 'HMAC', hash: hash.replace('sha', 'SHA-') }, false, ['sign', 'verify']);
    assert.equal(Buffer.from(await subtle.sign('HMAC', webKey, bytes)).toString(encoding), expected);
    const signature = Buffer.from(expected, encoding);
    assert.equal(await subtle.verify('HMAC', webKey, signature, bytes), true);

    const changed = Buffer.concat([bytes, Buffer.from(' ')]);
    assert.notEqual(createHmac(hash, key).update(changed).digest(encoding), expected);
    assert.equal(await subtle.verify('HMAC', webKey, signature, changed), false);
    assert.equal(await subtle.verify('HMAC', webKey, signature.subarray(1), bytes), false);
    const digest = createHmac(hash, key).update(data).digest();
    assert.equal(timingSafeEqual(digest, signature), true);
    assert.throws(() => timingSafeEqual(digest, signature.subarray(1)), RangeError);
  });
}

test('a body that was changed on the way does not verify', () => {
  const hmac = (name) => HMACS.find((row) => row[0] === name).at(-1);
  assert.notEqual(hmac('Meta'), hmac('Meta, re-serialised'));
  assert.notEqual(hmac('binary body'), hmac('binary body, decoded'));
});

test('HubSpot v1 and v2 hash the secret with the data', () => {
  const v1 = createHash('sha256').update(HUBSPOT_KEY).update(HUBSPOT_V1).digest('hex');
  assert.equal(v1, '232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de');
  const v2 = createHash('sha256').update(HUBSPOT_KEY + HUBSPOT_V2).digest('hex');
  assert.equal(v2, '9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900');
});

test('RFC 8032, Ed25519 test 2', async () => {
  const x = Buffer.from('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c', 'hex');
  const signature = Buffer.from(
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    'hex',
  );
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: x.toString('base64url') }, format: 'jwk' });
  const webKey = await subtle.importKey('raw', x, 'Ed25519', false, ['verify']);
  for (const [byte, isValid] of [[0x72, true], [0x73, false]]) {
    assert.equal(verify(null, Uint8Array.of(byte), key, signature), isValid);
    assert.equal(await subtle.verify('Ed25519', webKey, signature, Uint8Array.of(byte)), isValid);
  }
});

test('RFC 6979, P-256 with SHA-256', async () => {
  const [x, y, r, s] = [
    '60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6',
    '7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299',
    'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716',
    'f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8',
  ].map((digits) => Buffer.from(digits, 'hex'));
  const raw = Buffer.concat([r, s]);
  const der = Buffer.concat([Buffer.from('3046022100', 'hex'), r, Buffer.from('022100', 'hex'), s]);
  const jwk = { kty: 'EC', crv: 'P-256', x: x.toString('base64url'), y: y.toString('base64url') };
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const webKeys = [
    await subtle.importKey('jwk', jwk, algorithm, false, ['verify']),
    await subtle.importKey('raw', Buffer.concat([Buffer.of(4), x, y]), algorithm, false, ['verify']),
  ];
  for (const [text, isValid] of [['sample', true], ['samplE', false]]) {
    const data = Buffer.from(text);
    assert.equal(verify('sha256', data, key, der), isValid);
    assert.equal(verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, raw), isValid);
    for (const webKey of webKeys) {
      assert.equal(await subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, webKey, raw, data), isValid);
    }
  }
});
