/**
 * Says which events belong to a subscription to everything: those of the site that the connection opens.
 */
import { siteOfConnection } from '../../lib/sites.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ apiClient, credentials }) {
  return {
    globalWebhookKey: 'jira',
    globalWebhookEventSelector: `site:${await siteOfConnection(apiClient, credentials.cloudId)}`,
  }
}
