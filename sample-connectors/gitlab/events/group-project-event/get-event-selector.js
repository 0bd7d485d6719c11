/**
 * Says which events belong to a subscription to the projects in a group, once GitLab has said that the customer owns
 * it. A request about a project does not have the number of its group, only its path, so GitLab is asked for that.
 */
import { isPath } from '../../lib/path.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ parameters: { groupId }, apiClient }) {
  // Whoever may list the webhooks of a group owns it. GitLab answers everybody else 401, 403 or 404.
  await apiClient.get(`groups/${groupId}/hooks`, { per_page: 1 })
  const group = await apiClient.get(`groups/${groupId}`, { with_projects: false })
  if (!isPath(group?.full_path)) throw new Error('GitLab answered without the path of the group.')
  return { globalWebhookKey: 'hooks', globalWebhookEventSelector: `group-path:${group.full_path.toLowerCase()}` }
}
