/**
 * Says which events belong to a subscription to one kind: those of that name from the site that the connection opens.
 */
import { siteOfConnection } from '../../lib/sites.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ apiClient, credentials, parameters }) {
  const site = await siteOfConnection(apiClient, credentials.cloudId)
  return {
    globalWebhookKey: 'jira',
    globalWebhookEventSelector: `site:${site}:${parameters.webhookEvent}`,
  }
}
