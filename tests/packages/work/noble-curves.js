// signatures with secp256k1, Ed25519 and P-256
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';

const hex = (bytes) => Buffer.from(bytes).toString('hex');

export default function work() {
  const secret = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
  const message = new TextEncoder().encode('hello');
  return [ed25519, secp256k1, p256].map((curve) => {
    const signature = curve.sign(message, secret);
    const key = curve.getPublicKey(secret);
    return [hex(key), hex(signature), curve.verify(signature, message, key), curve.verify(signature, new Uint8Array(3), key)];
  });
}
