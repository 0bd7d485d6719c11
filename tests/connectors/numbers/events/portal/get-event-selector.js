export default async function getEventSelector({ parameters }) {
  return { globalWebhookKey: 'events', globalWebhookEventSelector: `portal:${parameters.portalId}` };
}
