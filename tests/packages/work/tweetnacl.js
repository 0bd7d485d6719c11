// signatures of Ed25519, boxes and hashes
import nacl from 'tweetnacl';

const hex = (bytes) => Buffer.from(bytes).toString('hex');

export default function work() {
  const pair = nacl.sign.keyPair.fromSeed(new Uint8Array(32).fill(7));
  const message = new TextEncoder().encode('Discord');
  const signature = nacl.sign.detached(message, pair.secretKey);
  const box = nacl.secretbox(message, new Uint8Array(24), new Uint8Array(32));
  return [hex(signature), nacl.sign.detached.verify(message, signature, pair.publicKey), nacl.sign.detached.verify(new Uint8Array(3), signature, pair.publicKey), hex(box), hex(nacl.secretbox.open(box, new Uint8Array(24), new Uint8Array(32))), hex(nacl.hash(message)), nacl.randomBytes(8).length];
}
