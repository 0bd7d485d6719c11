/**
 * Says which events belong to a subscription to one type: those of the organization whose token the connection has.
 */
import { organizationOfConnection } from '../../lib/organizations.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ parameters, apiClient }) {
  return {
    globalWebhookKey: 'linear',
    globalWebhookEventSelector: `${await organizationOfConnection(apiClient)}:${parameters.type}`,
  }
}
