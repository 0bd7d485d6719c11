/**
 * The two kinds of key of Standard Webhooks: a shared secret (`whsec_`, signatures `v1`) and an Ed25519 public key
 * (`whpk_`, signatures `v1a`).
 * Never checks a signature of one kind with a key of the other: a public key is no secret, and so no HMAC key.
 */
import { Buffer } from 'node:buffer'
import { createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto'

const KEY = /^wh(sec|pk)_([A-Za-z0-9+/]+={0,2})$/
const SECRET_BYTES_MIN = 24
const PUBLIC_KEY_BYTES = 32
const ED25519_SIGNATURE_BYTES = 64

/** Whether one of the signatures was made over the bytes with the key. */
export function isSignedWith(key, bytes, signatures) {
  const [, kind, base64] = KEY.exec(key) ?? []
  const material = Buffer.from(base64 ?? '', 'base64')
  if (kind === 'sec' && material.length >= SECRET_BYTES_MIN) {
    const expected = createHmac('sha256', material).update(bytes).digest()
    return of('v1', signatures).some((each) => each.length === expected.length && timingSafeEqual(each, expected))
  }
  if (kind === 'pk' && material.length === PUBLIC_KEY_BYTES) {
    const publicKey = ed25519(base64)
    const given = of('v1a', signatures).filter((each) => each.length === ED25519_SIGNATURE_BYTES)
    return given.some((each) => verify(null, bytes, publicKey, each))
  }
  throw new Error('A key in the connector parameter `keys` is neither whsec_ with at least 24 bytes nor whpk_ with 32.')
}

function of(version, signatures) {
  return signatures.filter((each) => each.version === version).map(({ bytes }) => bytes)
}

/** A JWK has another alphabet than the key of Standard Webhooks. */
function ed25519(base64) {
  const x = base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
}
