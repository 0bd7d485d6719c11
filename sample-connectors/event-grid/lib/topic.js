/**
 * The name of a topic, for the webhook and for the events alike, so that they cannot drift apart.
 * Never makes a name of a text with white space or control characters, or of one that is too long for a selector.
 */

const TOPIC = /^[\x21-\x7e]{1,300}$/
const AZURE_RESOURCE = /^\/subscriptions\//i

/** The selector of everything from a topic (in CloudEvents: a source), undefined if it is none. */
export function topicSelector(topic) {
  if (typeof topic !== 'string' || !TOPIC.test(topic)) return undefined
  // Azure writes the id of one resource sometimes in capitals. Other sources are texts in which case counts.
  return `topic:${AZURE_RESOURCE.test(topic) ? topic.toLowerCase() : topic}`
}

/** The selector of one type of event from a topic. The type comes first: it has no colon, the topic may have one. */
export function typeSelector(type, topic) {
  const selector = topicSelector(topic)
  return selector && isType(type) ? `type:${type}:${selector}` : undefined
}

function isType(type) {
  return typeof type === 'string' && /^[A-Za-z][\w./-]{0,127}$/.test(type)
}
