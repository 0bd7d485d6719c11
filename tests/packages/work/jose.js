// signs and verifies tokens, with key sets
import { SignJWT, createLocalJWKSet, exportJWK, importPKCS8, importSPKI, jwtVerify } from 'jose';
import { RSA_PRIVATE, RSA_PUBLIC } from '../keys.js';

export default async function work() {
  const at = new Date(1700000000000);
  const token = await new SignJWT({ a: 1 }).setProtectedHeader({ alg: 'RS256', kid: 'k' }).setIssuedAt(1700000000).setExpirationTime(1700000600).setAudience('me').sign(await importPKCS8(RSA_PRIVATE, 'RS256'));
  const jwk = await exportJWK(await importSPKI(RSA_PUBLIC, 'RS256', { extractable: true }));
  const keys = createLocalJWKSet({ keys: [{ ...jwk, kid: 'k', alg: 'RS256' }] });
  const hmac = await new SignJWT({ b: 2 }).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode('s'.repeat(32)));
  const failed = await jwtVerify(token, keys, { audience: 'you', currentDate: at }).catch(({ code }) => code);
  return [token, hmac, (await jwtVerify(token, keys, { audience: 'me', currentDate: at })).payload, failed];
}
