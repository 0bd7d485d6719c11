// hashes and derived keys
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { md5 } from '@noble/hashes/legacy.js';
import { pbkdf2 } from '@noble/hashes/pbkdf2.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { keccak_256, sha3_256 } from '@noble/hashes/sha3.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

export default function work() {
  const text = utf8ToBytes('Grüße');
  return [sha256, sha512, sha3_256, keccak_256, md5].map((hash) => bytesToHex(hash(text))).concat(bytesToHex(hmac(sha256, text, text)), bytesToHex(hkdf(sha256, text, text, text, 40)), bytesToHex(pbkdf2(sha256, 'p', 's', { c: 50, dkLen: 32 })));
}
