/**
 * Says which events belong to a subscription to a group, once GitLab has said that the customer owns it.
 */

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ parameters: { groupId }, apiClient }) {
  // Whoever may list the webhooks of a group owns it. GitLab answers everybody else 401, 403 or 404.
  await apiClient.get(`groups/${groupId}/hooks`, { per_page: 1 })
  return { globalWebhookKey: 'hooks', globalWebhookEventSelector: `group:${groupId}` }
}
