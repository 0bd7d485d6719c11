/**
 * Says which events belong to one subscription in Microsoft Graph. The tenant is part of the selector, too: a
 * connection cannot reach another customer's subscription by its id.
 */
import { guid, tenantOfConnection } from '../../lib/tenants.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ parameters, apiClient }) {
  const subscription = guid(parameters.subscriptionId)
  if (subscription === undefined) throw new Error('parameters.subscriptionId is not the id of a subscription.')
  return {
    globalWebhookKey: 'notifications',
    globalWebhookEventSelector: `${await tenantOfConnection(apiClient)}:subscription:${subscription}`,
  }
}
