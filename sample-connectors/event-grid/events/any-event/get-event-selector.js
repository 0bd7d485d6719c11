/**
 * Says which events belong to a subscription to everything from a topic.
 */
import { topicSelector } from '../../lib/topic.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ credentials }) {
  const selector = topicSelector(credentials.topic)
  if (selector === undefined) throw new Error('credentials.topic is not a topic: it has white space or is too long.')
  return { globalWebhookKey: 'events', globalWebhookEventSelector: selector }
}
