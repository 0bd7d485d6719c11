export default async function getEventSelector({ apiClient }) {
  const me = await apiClient.get('users/me');
  return { globalWebhookKey: 'events', globalWebhookEventSelector: `user:${me.id}` };
}
