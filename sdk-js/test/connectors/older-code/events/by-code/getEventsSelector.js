exports.__esModule = true
exports.default = async ({ apiClient }) => {
  const user = await apiClient.get('users/me')
  return { globalWebhookKey: 'hook', globalWebhookEventSelector: `user:${user.id}` }
}
