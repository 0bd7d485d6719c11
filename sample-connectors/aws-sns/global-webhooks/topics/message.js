/**
 * Reads a message of SNS, which comes as JSON under the name of text. Pure.
 * Never lets a field through that does not look as SNS writes it. What is signed are the fields one after the other, a
 * line each, so a line break in one could make another meaning of the same text.
 */

const FIELDS = {
  MessageId: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  Timestamp: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  TopicArn: /^arn:aws[a-z-]{0,20}:sns:[a-z]{2}(-[a-z]+)+-\d:\d{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?$/,
  Type: /^(Notification|SubscriptionConfirmation|UnsubscribeConfirmation)$/,
}
const TOKEN = /^[0-9a-f]{32,1024}$/
const SUBSCRIBE_URL = /^https:\/\/sns\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?\/\?[\w=&:.%-]{1,2048}$/

/** The message, undefined if the text is none. */
export function readMessage(text) {
  const message = parse(text)
  const isMessage =
    typeof message === 'object' &&
    message !== null &&
    Object.entries(FIELDS).every(([name, pattern]) => matches(message[name], pattern)) &&
    typeof message.Message === 'string' &&
    (message.Subject === undefined || message.Subject === null || typeof message.Subject === 'string')
  if (!isMessage) return undefined
  if (message.Type === 'Notification') return message
  return matches(message.Token, TOKEN) && matches(message.SubscribeURL, SUBSCRIBE_URL) ? message : undefined
}

/** Where a subscription is confirmed; undefined unless that is SNS in the topic's own region. */
export function confirmationUrl({ SubscribeURL, TopicArn }) {
  const [, region] = SUBSCRIBE_URL.exec(SubscribeURL) ?? []
  return region === TopicArn.split(':')[3] ? SubscribeURL : undefined
}

function matches(value, pattern) {
  return typeof value === 'string' && pattern.test(value)
}

function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
