// keys, certificates and ciphers in JavaScript
import forge from 'node-forge';
import { RSA_PRIVATE, RSA_PUBLIC } from '../keys.js';

export default function work() {
  const md = forge.md.sha256.create().update('hello', 'utf8');
  const signature = forge.pki.privateKeyFromPem(RSA_PRIVATE).sign(md);
  const cipher = forge.cipher.createCipher('AES-CBC', '0123456789abcdef');
  cipher.start({ iv: '0123456789abcdef' });
  cipher.update(forge.util.createBuffer('text'));
  cipher.finish();
  return [forge.util.bytesToHex(signature), forge.pki.publicKeyFromPem(RSA_PUBLIC).verify(md.digest().bytes(), signature), cipher.output.toHex(), forge.md.md5.create().update('a').digest().toHex()];
}
