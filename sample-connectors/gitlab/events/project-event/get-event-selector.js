/**
 * Says which events belong to a subscription to a project, once GitLab has said that the customer may administer it.
 * Never asks for the project itself: everybody may read a public one.
 */

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ parameters: { projectId, kind }, apiClient }) {
  // Whoever may list the webhooks of a project may also make one. GitLab answers everybody else 401, 403 or 404.
  await apiClient.get(`projects/${projectId}/hooks`, { per_page: 1 })
  return {
    globalWebhookKey: 'hooks',
    globalWebhookEventSelector: kind === undefined ? `project:${projectId}` : `project:${projectId}:${kind}`,
  }
}
