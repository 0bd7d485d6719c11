// Not async: both forms are a connector author's right.
export default function getEventSelector({ parameters }) {
  return { globalWebhookKey: 'other', globalWebhookEventSelector: parameters.selector };
}
