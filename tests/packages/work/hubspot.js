// signs and checks requests as HubSpot does, versions 1 to 3
import { Signature } from '@hubspot/api-client';

export default function work() {
  const given = { clientSecret: 's', requestBody: '{"a":"ü"}', url: 'https://example.com/hook?x=1', method: 'POST', httpMethod: 'POST' };
  const versions = ['v1', 'v2', 'v3'].map((signatureVersion) => Signature.getSignature(given.method, signatureVersion, { ...given, timestamp: 1700000000000 }));
  return [versions, Signature.isValid({ ...given, signature: versions[0], signatureVersion: 'v1' }), Signature.isValid({ ...given, signature: 'no', signatureVersion: 'v1' })];
}
