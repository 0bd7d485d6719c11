// verifies an identity token against given certificates
import { createSign } from 'node:crypto';
import { OAuth2Client } from 'google-auth-library';
import { RSA_PRIVATE, RSA_PUBLIC } from '../keys.js';

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

export default async function work() {
  const now = Math.floor(Date.now() / 1000);
  const signed = `${part({ alg: 'RS256', kid: 'k', typ: 'JWT' })}.${part({ iss: 'https://accounts.google.com', aud: 'me', sub: '1', email: 'a@b.c', iat: now - 10, exp: now + 600 })}`;
  const token = `${signed}.${createSign('RSA-SHA256').update(signed).sign(RSA_PRIVATE, 'base64url')}`;
  const client = new OAuth2Client();
  const verified = async (audience) => {
    const ticket = await client.verifySignedJwtWithCertsAsync(token, { k: RSA_PUBLIC }, audience, ['https://accounts.google.com']);
    return [ticket.getUserId(), ticket.getPayload().email];
  };
  return [await verified('me'), await verified('you').catch((error) => error.message.split(':')[0])];
}
