export default async function getEventSelector({ credentials }) {
  return { globalWebhookKey: 'events', globalWebhookEventSelector: `token:${credentials.accessToken}` };
}
