// signs and verifies tokens, HS256 and RS256, also wrong and old ones
import jwt from 'jsonwebtoken';
import { RSA_PRIVATE, RSA_PUBLIC } from '../keys.js';

export default function work() {
  const at = { clockTimestamp: 1700000100 };
  const claims = { sub: 'a', iat: 1700000000, exp: 1700000200 };
  const symmetric = jwt.sign(claims, 'secret');
  const asymmetric = jwt.sign(claims, RSA_PRIVATE, { algorithm: 'RS256', keyid: 'k1' });
  const failures = [() => jwt.verify(symmetric, 'other', at), () => jwt.verify(symmetric, 'secret', { clockTimestamp: 1700000300 }), () => jwt.verify('x', 'secret')];
  return [symmetric, asymmetric, jwt.verify(symmetric, 'secret', at), jwt.verify(asymmetric, RSA_PUBLIC, at), jwt.decode(asymmetric, { complete: true }).header, failures.map(said)];
}

function said(run) {
  try {
    return run();
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}
