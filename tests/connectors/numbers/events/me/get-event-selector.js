export default async function getEventSelector({ apiClient }) {
  const me = await apiClient.get('me');
  await apiClient.post('seen', { id: me.id, me });
  return { globalWebhookKey: 'events', globalWebhookEventSelector: `portal:${me.id}` };
}
