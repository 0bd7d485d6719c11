export default async function getEventSelector() {
  const user = {};
  return { globalWebhookKey: 'events', globalWebhookEventSelector: `user_id:${user.id}` };
}
