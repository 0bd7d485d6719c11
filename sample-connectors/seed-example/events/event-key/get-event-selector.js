export default async function getEventSelector({ apiClient }) {
  const response = await apiClient.get('users/me')
  return {
    globalWebhookKey: 'webhook-key',
    globalWebhookEventSelector: `user_id:${response?.id}`,
  }
}
