/**
 * Keys, sign and verify of the sandbox's node:crypto, against the real one in both directions.
 */
import assert from 'node:assert/strict';
import * as real from 'node:crypto';
import { test } from 'node:test';
import { calls, errors } from './crypto-host.js';

const ours = await import('../src/guest/crypto/node-crypto.js');

const PAIRS = {
  rsa: real.generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ec: real.generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ed25519: real.generateKeyPairSync('ed25519'),
};
const PSS = { padding: real.constants.RSA_PKCS1_PSS_PADDING, saltLength: real.constants.RSA_PSS_SALTLEN_DIGEST };

/** Every way to sign: the pair, the algorithm, the options. */
const WAYS = [
  ...['sha1', 'sha256', 'RSA-SHA384', 'SHA512', undefined].map((hash) => ['rsa', hash, {}]),
  ...['sha256', 'sha384', 'sha512'].map((hash) => ['rsa', hash, PSS]),
  ...['sha1', 'sha256', 'sha512', undefined].map((hash) => ['ec', hash, {}]),
  ['ec', 'sha256', { dsaEncoding: 'ieee-p1363' }],
  ['ed25519', null, {}],
  ['ed25519', undefined, {}],
];

const pem = (key, type) => key.export({ format: 'pem', type: type ?? (key.type === 'public' ? 'spki' : 'pkcs8') });
const der = (key, type) => key.export({ format: 'der', type: type ?? (key.type === 'public' ? 'spki' : 'pkcs8') });

test('signatures of node verify here, and ours verify in node', () => {
  for (const [kind, algorithm, options] of WAYS) {
    for (const length of [0, 1, 64, 10_240]) {
      const { publicKey, privateKey } = PAIRS[kind];
      const label = `${kind} ${algorithm} ${JSON.stringify(options)} ${length}`;
      const data = real.randomBytes(length);
      const theirs = real.sign(algorithm, data, { key: privateKey, ...options });
      assert.equal(ours.verify(algorithm, data, { key: pem(publicKey), ...options }, theirs), true, label);
      const made = ours.sign(algorithm, data, { key: pem(privateKey), ...options });
      assert.equal(real.verify(algorithm, data, { key: publicKey, ...options }, made), true, label);
      const wrong = Uint8Array.from(theirs);
      wrong[wrong.length - 1] ^= 1;
      assert.equal(ours.verify(algorithm, data, { key: pem(publicKey), ...options }, wrong), false, label);
      assert.equal(ours.verify(algorithm, Buffer.concat([data, Buffer.from('x')]), { key: pem(publicKey), ...options }, theirs), false, label);
      assert.equal(ours.verify(algorithm, data, { key: pem(publicKey), ...options }, theirs.subarray(0, -1)), false, label);
      assert.equal(ours.verify(algorithm, data, { key: pem(publicKey), ...options }, Buffer.alloc(0)), false, label);
    }
  }
});

test('createSign and createVerify work in pieces and with encodings', () => {
  for (const [kind, options] of [['rsa', {}], ['rsa', PSS], ['ec', {}], ['ec', { dsaEncoding: 'ieee-p1363' }]]) {
    const { publicKey, privateKey } = PAIRS[kind];
    const signature = ours.createSign('RSA-SHA256').update('one').update('two').sign({ key: pem(privateKey), ...options }, 'base64');
    assert.equal(real.createVerify('SHA256').update('onetwo').verify({ key: publicKey, ...options }, signature, 'base64'), true);
    assert.equal(ours.createVerify('SHA256').update('one').update('two').verify({ key: pem(publicKey), ...options }, signature, 'base64'), true);
    assert.equal(ours.createVerify('SHA256').update('onetwo!').verify({ key: pem(publicKey), ...options }, signature, 'base64'), false);
  }
});

test('public keys are read in every form and written as node writes them', () => {
  for (const [kind, { publicKey, privateKey }] of Object.entries(PAIRS)) {
    const forms = {
      pem: pem(publicKey),
      buffer: Buffer.from(pem(publicKey)),
      object: { key: pem(publicKey) },
      crlf: pem(publicKey).replaceAll('\n', '\r\n'),
      text: `some words before\n${pem(publicKey)}`,
      der: { key: der(publicKey), format: 'der', type: 'spki' },
      jwk: { key: publicKey.export({ format: 'jwk' }), format: 'jwk' },
      privateJwk: { key: privateKey.export({ format: 'jwk' }), format: 'jwk' },
      ...(kind !== 'ed25519' && { private: pem(privateKey) }),
      ...(kind === 'rsa' && { pkcs1: pem(publicKey, 'pkcs1'), pkcs1Der: { key: der(publicKey, 'pkcs1'), format: 'der', type: 'pkcs1' } }),
    };
    for (const [form, input] of Object.entries(forms)) {
      const key = ours.createPublicKey(input);
      const label = `${kind} from ${form}`;
      assert.equal(key.type, 'public', label);
      assert.equal(key.asymmetricKeyType, publicKey.asymmetricKeyType, label);
      assert.deepEqual(key.asymmetricKeyDetails, publicKey.asymmetricKeyDetails, label);
      assert.equal(pem(key), pem(publicKey), label);
      assert.equal(der(key).toString('hex'), der(publicKey).toString('hex'), label);
      assert.deepEqual(key.export({ format: 'jwk' }), publicKey.export({ format: 'jwk' }), label);
      assert.ok(key.equals(ours.createPublicKey(forms.pem)), label);
    }
  }
});

test('private keys are read in every form and written as node writes them', () => {
  for (const [kind, { privateKey }] of Object.entries(PAIRS)) {
    const forms = {
      pem: pem(privateKey),
      der: { key: der(privateKey), format: 'der', type: 'pkcs8' },
      jwk: { key: privateKey.export({ format: 'jwk' }), format: 'jwk' },
      ...(kind === 'rsa' && { pkcs1: pem(privateKey, 'pkcs1'), pkcs1Der: { key: der(privateKey, 'pkcs1'), format: 'der', type: 'pkcs1' } }),
      ...(kind === 'ec' && { sec1: pem(privateKey, 'sec1'), sec1Der: { key: der(privateKey, 'sec1'), format: 'der', type: 'sec1' } }),
    };
    for (const [form, input] of Object.entries(forms)) {
      const key = ours.createPrivateKey(input);
      const label = `${kind} from ${form}`;
      assert.equal(key.type, 'private', label);
      assert.equal(pem(key), pem(privateKey), label);
      if (kind !== 'ed25519' || form === 'jwk') assert.deepEqual(key.export({ format: 'jwk' }), privateKey.export({ format: 'jwk' }), label);
      const signature = ours.sign(kind === 'ed25519' ? null : 'sha256', 'data', key);
      assert.equal(real.verify(kind === 'ed25519' ? null : 'sha256', Buffer.from('data'), privateKey, signature), true, label);
    }
  }
});

test('RSA keys of other sizes and exponents are read and written as node does', () => {
  for (const [modulusLength, publicExponent] of [[1024, 3], [1031, 65537], [3072, 65537]]) {
    const { publicKey, privateKey } = real.generateKeyPairSync('rsa', { modulusLength, publicExponent });
    assert.equal(pem(ours.createPublicKey(pem(publicKey))), pem(publicKey));
    assert.equal(pem(ours.createPrivateKey({ key: privateKey.export({ format: 'jwk' }), format: 'jwk' })), pem(privateKey));
    assert.deepEqual(ours.createPublicKey(pem(publicKey)).asymmetricKeyDetails, { modulusLength, publicExponent: BigInt(publicExponent) });
  }
});

test('an Ed25519 private key that carries its public key gives it', () => {
  const jwk = PAIRS.ed25519.privateKey.export({ format: 'jwk' });
  const [d, x] = [Buffer.from(jwk.d, 'base64url'), Buffer.from(jwk.x, 'base64url')];
  const head = Buffer.from('3051020101300506032b657004220420', 'hex');
  const key = { key: Buffer.concat([head, d, Buffer.from('812100', 'hex'), x]), format: 'der', type: 'pkcs8' };
  assert.equal(pem(ours.createPublicKey(key)), pem(PAIRS.ed25519.publicKey));
  assert.throws(() => ours.createPublicKey(pem(PAIRS.ed25519.privateKey)), { message: /Pass the public key instead/ });
});

const CERTIFICATES = {
  'version 3': `-----BEGIN CERTIFICATE-----
MIIBgTCCASegAwIBAgIUN2BWFu16kkaTuiIuc0pNjNF0vacwCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLZXhhbXBsZS5jb20wHhcNMjYxMTIzMTUxNTI2WhcNMzYxMTIw
MTUxNTI2WjAWMRQwEgYDVQQDDAtleGFtcGxlLmNvbTBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABDwFWGzpGqqEzsOd4ge5ZIRmM6YKWQIVUJ28f+xRR/Zuw6+ds8pk
JmSsdGemKPFzo4kWiVHfl/M53lNFvXBIUJijUzBRMB0GA1UdDgQWBBRNaY0tRM2C
2ZRpE3sxI63J6bZfzzAfBgNVHSMEGDAWgBRNaY0tRM2C2ZRpE3sxI63J6bZfzzAP
BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIFcykkA2rWUQVKqSn3W0
lptHs3SPgOlj5MYwufBfysSyAiEAhJpDxN8vWXKCRce4oD7n/x5K8L0osoO+OO93
cw58S2E=
-----END CERTIFICATE-----
`,
  'version 1': `-----BEGIN CERTIFICATE-----
MIIBJjCBzQIUJw4UiT2f4W3i8awjokIzZsf0JfgwCgYIKoZIzj0EAwIwFjEUMBIG
A1UEAwwLZXhhbXBsZS5jb20wHhcNMjYxMTIzMTUxNTI2WhcNMzYxMTIwMTUxNTI2
WjAWMRQwEgYDVQQDDAtleGFtcGxlLmNvbTBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABDwFWGzpGqqEzsOd4ge5ZIRmM6YKWQIVUJ28f+xRR/Zuw6+ds8pkJmSsdGem
KPFzo4kWiVHfl/M53lNFvXBIUJgwCgYIKoZIzj0EAwIDSAAwRQIgQzyT0Y4QHNzq
iQknvPJULmybrtdTilaq8n3pA18ZLhgCIQCvQRq+O6PEfDpC9FEEItP+sL7mRXrw
3C2/lYhqOLO+HA==
-----END CERTIFICATE-----
`,
};

test('a certificate gives its public key', () => {
  for (const [version, certificate] of Object.entries(CERTIFICATES)) {
    assert.equal(pem(ours.createPublicKey(certificate)), pem(real.createPublicKey(certificate)), version);
  }
});

test('callbacks get the result', async () => {
  const { publicKey, privateKey } = PAIRS.ec;
  const signature = await new Promise((resolve) => {
    ours.sign('sha256', 'data', pem(privateKey), (error, value) => resolve(value));
  });
  const isValid = await new Promise((resolve) => {
    ours.verify('sha256', 'data', pem(publicKey), signature, (error, value) => resolve(value));
  });
  assert.equal(isValid, true);
});

test('PSS salts that the host cannot make or check are refused, not ignored', () => {
  const { publicKey, privateKey } = PAIRS.rsa;
  const { RSA_PKCS1_PSS_PADDING: padding, RSA_PSS_SALTLEN_AUTO: auto } = ours.constants;
  const signature = real.sign('sha256', Buffer.from('data'), { key: privateKey, ...PSS });
  for (const saltLength of [undefined, -1, auto, 32]) {
    assert.equal(ours.verify('sha256', 'data', { key: pem(publicKey), padding, saltLength }, signature), true, String(saltLength));
  }
  assert.throws(() => ours.verify('sha256', 'data', { key: pem(publicKey), padding, saltLength: 20 }, signature), { message: /32/ });
  assert.throws(() => ours.sign('sha256', 'data', { key: pem(privateKey), padding, saltLength: -2 }), { message: /RSA_PSS_SALTLEN_DIGEST/ });
  assert.equal(real.verify('sha256', Buffer.from('data'), { key: publicKey, padding }, ours.sign('sha256', 'data', { key: pem(privateKey), padding })), true);
});

test('keys of other kinds are named, and so are the supported ones', () => {
  const p384 = real.generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const others = [
    [pem(p384.publicKey), /P-384.*P-256/],
    [pem(p384.privateKey), /P-384/],
    [pem(p384.privateKey, 'sec1'), /P-384/],
    [pem(real.generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey), /secp256k1/],
    [pem(real.generateKeyPairSync('ed448').publicKey), /Ed448/],
    [pem(real.generateKeyPairSync('x25519').publicKey), /X25519/],
    [pem(real.generateKeyPairSync('rsa-pss', { modulusLength: 1024 }).publicKey), /restricted to PSS/],
    [{ key: p384.publicKey.export({ format: 'jwk' }), format: 'jwk' }, /EC P-384.*crv P-256/],
    [{ key: { kty: 'oct', k: 'AAAA' }, format: 'jwk' }, /This JWK is oct/],
  ];
  for (const [input, message] of others) assert.throws(() => ours.createPublicKey(input), { message }, String(message));
});

test('damaged keys and wrong arguments fail with a sentence', () => {
  const { publicKey, privateKey } = PAIRS.ec;
  const jwk = publicKey.export({ format: 'jwk' });
  const encrypted = privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' });
  const wrong = [
    [() => ours.createPublicKey('not a key'), /not PEM.*format: "der"/],
    [() => ours.createPublicKey(''), /not PEM/],
    [() => ours.createPublicKey(undefined), /undefined\. Is the connector parameter/],
    [() => ours.createPublicKey(42), /PEM string/],
    [() => ours.createPublicKey({ key: undefined }), /undefined/],
    [() => ours.createPublicKey(pem(publicKey).replaceAll('\n', '\\n')), /two characters \\n/],
    [() => ours.createPublicKey(der(publicKey)), /not PEM/],
    [() => ours.createPublicKey({ key: der(publicKey), format: 'der' }), /'spki', 'pkcs8'/],
    [() => ours.createPublicKey({ key: der(publicKey), format: 'der', type: 'pkcs8' }), /damaged/],
    [() => ours.createPublicKey({ key: der(publicKey), format: 'xml' }), /'pem', 'der' or 'jwk'/],
    [() => ours.createPublicKey({ key: { ...jwk, x: 'AAAA' }, format: 'jwk' }), /`x` must be 32 bytes/],
    [() => ours.createPublicKey({ key: { ...jwk, y: undefined }, format: 'jwk' }), /`y` must be base64url/],
    [() => ours.createPublicKey({ key: '{}', format: 'jwk' }), /Parse JSON text first/],
    [() => ours.createPublicKey(ours.createSecretKey('abc')), /needs a public or private key/],
    [() => ours.createPrivateKey(pem(publicKey)), /PEM holds PUBLIC KEY/],
    [() => ours.createPrivateKey({ key: jwk, format: 'jwk' }), /needs a private key/],
    [() => ours.createPrivateKey(encrypted), /openssl pkey/],
    [() => ours.verify('md5', 'data', pem(publicKey), Buffer.alloc(64)), /Invalid digest: md5/],
    [() => ours.verify('sha256', 'data', pem(PAIRS.ed25519.publicKey), Buffer.alloc(64)), /pass null/],
    [() => ours.verify('sha256', 'data', pem(publicKey), 'a signature'), /Buffer\.from/],
    [() => ours.verify('sha256', 'data', pem(publicKey), undefined), /undefined/],
    [() => ours.verify('sha256', 'data', { key: pem(publicKey), dsaEncoding: 'raw' }, Buffer.alloc(64)), /ieee-p1363/],
    [() => ours.verify('sha256', 'data', { key: pem(PAIRS.rsa.publicKey), padding: 4 }, Buffer.alloc(256)), /RSA_PKCS1_PSS_PADDING/],
    [() => ours.sign('sha256', 'data', pem(publicKey)), /PRIVATE KEY/],
    [() => ours.createVerify(null), /Invalid digest/],
    [() => ours.createPublicKey(pem(publicKey)).export(), /'pem', 'der' or 'jwk'/],
    [() => ours.createPublicKey(pem(publicKey)).export({ format: 'pem', type: 'pkcs1' }), /'spki'/],
    [() => ours.createPublicKey(pem(publicKey)).export({ format: 'pem', type: 'pkcs8' }), /'spki'/],
  ];
  for (const [call, message] of wrong) assert.throws(call, { message }, String(call));
});

test('every truncation and every changed length byte of a key is read or refused, never a crash', () => {
  for (const { publicKey, privateKey } of Object.values(PAIRS)) {
    for (const [bytes, type, read] of [[der(publicKey), 'spki', ours.createPublicKey], [der(privateKey), 'pkcs8', ours.createPrivateKey]]) {
      for (let at = 0; at < bytes.length; at += 1) {
        assert.throws(() => read({ key: bytes.subarray(0, at), format: 'der', type }), { code: 'ERR_CRYPTO_INVALID_KEY' });
        const changed = Uint8Array.from(bytes);
        changed[at] ^= 0xff;
        try {
          read({ key: changed, format: 'der', type });
        } catch (error) {
          assert.equal(error.code, 'ERR_CRYPTO_INVALID_KEY', `${type} byte ${at}: ${error.stack}`);
        }
      }
    }
  }
});

test('what the host says about a key becomes the message of an error', (t) => {
  t.after(() => Object.assign(errors, { areBare: false }));
  const { x } = PAIRS.ec.publicKey.export({ format: 'jwk' });
  const offCurve = { key: { kty: 'EC', crv: 'P-256', x, y: x }, format: 'jwk' };
  for (const areBare of [false, true]) {
    Object.assign(errors, { areBare });
    const failure = { code: 'ERR_CRYPTO_OPERATION_FAILED', name: 'Error', message: /./ };
    assert.throws(() => ours.verify('sha256', 'data', offCurve, Buffer.alloc(64)), failure);
  }
});

test('the host gets the key and the data in the encodings of its contract', () => {
  ours.verify('sha384', 'data', { key: pem(PAIRS.ec.publicKey), dsaEncoding: 'ieee-p1363' }, Buffer.alloc(64));
  const call = calls.at(-1);
  assert.deepEqual(call.scheme, { tag: 'ecdsa-p256-raw', val: 'sha384' });
  assert.equal(Buffer.from(call.publicKey).toString('hex'), der(PAIRS.ec.publicKey).toString('hex'));
  assert.equal(Buffer.from(call.data).toString(), 'data');
});

test('secret keys', () => {
  const key = ours.createSecretKey('616263', 'hex');
  assert.equal(key.type, 'secret');
  assert.equal(key.symmetricKeySize, 3);
  assert.equal(key.asymmetricKeyType, undefined);
  assert.equal(key.export().toString(), 'abc');
  assert.deepEqual(key.export({ format: 'jwk' }), { kty: 'oct', k: 'YWJj' });
  assert.ok(key.equals(ours.createSecretKey(Buffer.from('abc'))));
  assert.ok(!key.equals(ours.createSecretKey('abcd')));
  assert.throws(() => ours.createHmac('sha256', ours.createPublicKey(pem(PAIRS.ec.publicKey))), { message: /needs a secret key/ });
});
