export default function getOAuthConfig({ connectorParameters }) {
  return { clientId: connectorParameters.clientId, authorizeUri: 'https://example.com/authorize', tokenUri: 'https://example.com/token' }
}
