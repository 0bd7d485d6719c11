// hashes and ciphers in JavaScript
import CryptoJS from 'crypto-js';

export default function work() {
  const key = CryptoJS.enc.Hex.parse('000102030405060708090a0b0c0d0e0f');
  const sealed = CryptoJS.AES.encrypt('Grüße', key, { iv: key, mode: CryptoJS.mode.CBC });
  return [CryptoJS.MD5('a').toString(), CryptoJS.HmacSHA256('a', 'k').toString(CryptoJS.enc.Base64), sealed.toString(), CryptoJS.AES.decrypt(sealed, key, { iv: key }).toString(CryptoJS.enc.Utf8), CryptoJS.SHA3('a').toString(), CryptoJS.PBKDF2('p', 's', { keySize: 8, iterations: 10 }).toString()];
}
