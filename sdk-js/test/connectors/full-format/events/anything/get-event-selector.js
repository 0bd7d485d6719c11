export default async function getEventSelector({ apiClient, externalApiClient, credentials, parameters }) {
  const { id } = await (externalApiClient ?? apiClient).get('users/me')
  return { globalWebhookKey: 'events', globalWebhookEventSelector: `user:${id}` }
}
