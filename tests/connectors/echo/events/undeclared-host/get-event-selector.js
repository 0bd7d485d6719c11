export default async function getEventSelector({ apiClient }) {
  const me = await apiClient.get('http://127.0.0.2:9/users/me');
  return { globalWebhookKey: 'events', globalWebhookEventSelector: `user:${me.id}` };
}
