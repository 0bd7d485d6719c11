/**
 * Says which events belong to a subscription to one type from a topic.
 */
import { typeSelector } from '../../lib/topic.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ parameters, credentials }) {
  const selector = typeSelector(parameters.type, credentials.topic)
  if (selector === undefined) throw new Error('credentials.topic or parameters.type is not one of Event Grid.')
  return { globalWebhookKey: 'events', globalWebhookEventSelector: selector }
}
