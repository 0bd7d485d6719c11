// keys, hashes and ciphers in JavaScript
import { createSign } from 'node:crypto';
import forge from 'node-forge';
import { RSA_PRIVATE, RSA_PUBLIC } from '../keys.js';

export default function work() {
  const md = forge.md.sha256.create().update('hello', 'utf8');
  const signature = createSign('SHA256').update('hello').end().sign(RSA_PRIVATE, 'binary');
  const cipher = forge.cipher.createCipher('AES-CBC', '0123456789abcdef');
  cipher.start({ iv: '0123456789abcdef' });
  cipher.update(forge.util.createBuffer('text'));
  cipher.finish();
  return [forge.pki.publicKeyFromPem(RSA_PUBLIC).verify(md.digest().bytes(), signature), cipher.output.toHex(), forge.md.md5.create().update('a').digest().toHex(), forge.pki.privateKeyFromPem(RSA_PRIVATE).e.toString()];
}
