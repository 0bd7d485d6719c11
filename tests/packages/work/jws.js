// signs and verifies compact JWS
import jws from 'jws';
import { RSA_PRIVATE, RSA_PUBLIC } from '../keys.js';

export default function work() {
  const signed = jws.sign({ header: { alg: 'RS256' }, payload: { a: 1 }, privateKey: RSA_PRIVATE });
  const hmac = jws.sign({ header: { alg: 'HS512' }, payload: 'text', secret: 's' });
  return [signed, hmac, jws.verify(signed, 'RS256', RSA_PUBLIC), jws.verify(hmac, 'HS512', 'other'), jws.decode(signed)];
}
