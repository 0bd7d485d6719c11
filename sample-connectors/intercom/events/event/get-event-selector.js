/**
 * Says which events belong to a subscription to one topic: those of the workspace whose token the connection has.
 */
import { workspaceOfConnection } from '../../lib/workspaces.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ parameters, apiClient }) {
  return {
    globalWebhookKey: 'intercom',
    globalWebhookEventSelector: `${await workspaceOfConnection(apiClient)}:${parameters.topic}`,
  }
}
