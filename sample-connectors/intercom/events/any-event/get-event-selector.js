/**
 * Says which events belong to a subscription to everything: those of the workspace whose token the connection has.
 */
import { workspaceOfConnection } from '../../lib/workspaces.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ apiClient }) {
  return {
    globalWebhookKey: 'intercom',
    globalWebhookEventSelector: await workspaceOfConnection(apiClient),
  }
}
