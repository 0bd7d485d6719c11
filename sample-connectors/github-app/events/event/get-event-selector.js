/**
 * Says which events belong to a subscription to one kind of event.
 * Never makes a selector of an id or a name that is missing: it would be the same for every customer.
 */

const INSTALLATION_ID = /^[1-9][0-9]*$/
const EVENT_NAME = /^[a-z][a-z0-9_]{0,99}$/

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ parameters, credentials }) {
  const installationId = String(credentials.installationId ?? '')
  const event = parameters.event ?? ''
  if (!INSTALLATION_ID.test(installationId)) throw new Error('credentials.installationId is not an installation id.')
  if (!EVENT_NAME.test(event)) throw new Error('parameters.event is not the name of a GitHub event.')
  return {
    globalWebhookKey: 'github',
    globalWebhookEventSelector: `installation:${installationId}:${event}`,
  }
}
