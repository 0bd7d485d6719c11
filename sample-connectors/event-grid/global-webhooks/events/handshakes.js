/**
 * Answers the two ways in which Event Grid asks whether it may send here. Both come after the code was found right, and
 * neither is an event.
 * Never echoes anything but a code of validation, and never consents to an origin that is not allowed.
 */

const ORIGINS = ['eventgrid.azure.net', 'eventgrid.azure.com']
const VALIDATION_TYPE = 'Microsoft.EventGrid.SubscriptionValidationEvent'
const VALIDATION_CODE = /^[\w-]{1,100}$/

/** CloudEvents: consent is the header alone, never the status. */
export function consent({ headers, parameters }) {
  const origin = headers['webhook-request-origin'] ?? ''
  const isAllowed = (parameters.allowedOrigins ?? ORIGINS).includes(origin.toLowerCase())
  if (!isAllowed) return { events: [], response: { status: 403, headers: { allow: 'POST, OPTIONS' } } }
  const allowed = { 'webhook-allowed-origin': origin, 'webhook-allowed-rate': '*', allow: 'POST, OPTIONS' }
  return { events: [], response: { status: 200, headers: allowed } }
}

/** Event Grid's own schema: the code goes back in JSON. The other way, `validationUrl`, is for people. */
export function validation([{ eventType, data }]) {
  const code = data?.validationCode
  if (eventType !== VALIDATION_TYPE || typeof code !== 'string' || !VALIDATION_CODE.test(code)) {
    return { events: [], response: { status: 400, data: 'This is not a validation code of Event Grid.' } }
  }
  return { events: [], response: { status: 200, data: { validationResponse: code } } }
}
