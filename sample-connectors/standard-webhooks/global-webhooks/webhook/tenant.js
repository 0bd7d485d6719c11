/**
 * Finds the tenant of a request in the place that the connector parameters name. Pure.
 * Never looks in a second place, and never takes anything for a tenant but an id.
 */

const TENANT = /^[A-Za-z0-9_.-]{1,128}$/

export function tenantOf(request) {
  const { tenantIn, tenantName } = request.parameters
  const found = PLACES[tenantIn]?.(request, tenantName)
  // Beyond that size two ids can be read as the same number.
  const id = Number.isSafeInteger(found) ? String(found) : found
  // A name that is there twice is a list, and so no tenant.
  return typeof id === 'string' && TENANT.test(id) ? id : undefined
}

const PLACES = {
  json: ({ data }, path) => path.split('.').reduce(member, data),
  query: ({ query }, name) => member(query, name),
  header: ({ headers }, name) => member(headers, name.toLowerCase()),
}

/** Own members only: `constructor` is no tenant. */
function member(value, name) {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? value[name] : undefined
}
