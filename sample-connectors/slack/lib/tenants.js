/**
 * Says which tenants a request concerns and which tenant a connection is. A tenant is a workspace, `team:T…`, or a
 * whole organisation, `enterprise:E…`. The webhook and the events both take its name from here, so that they cannot
 * drift apart.
 * Never makes a name of anything but an id of Slack.
 */

const WORKSPACE_ID = /^T[A-Z0-9]{1,40}$/
const ORGANISATION_ID = /^E[A-Z0-9]{1,40}$/

/**
 * The tenants that may see a request, each once: the installations that Slack names with it, or where it names none, the
 * place where it happened. See "Shared channels" in README.md for why never both.
 */
export function tenantsOf(body) {
  const authorizations = Array.isArray(body.authorizations) ? body.authorizations : []
  const ids = authorizations.length > 0 ? authorizations.map(installation) : whereItHappened(body)
  return [...new Set(ids.map(tenant).filter((each) => each !== undefined))]
}

function installation(authorization) {
  return authorization?.is_enterprise_install === true ? authorization.enterprise_id : authorization?.team_id
}

function whereItHappened({ team_id, team, view, enterprise_id, enterprise, is_enterprise_install }) {
  const organisation = enterprise_id ?? enterprise?.id
  const installedIn = view?.app_installed_team_id
  if (!installedIn) return [team_id ?? team?.id, organisation]
  // Of a view in a shared channel, `team` and `enterprise` are the user's, who may be with another customer.
  return is_enterprise_install === true ? [installedIn, organisation] : [installedIn]
}

/**
 * The tenant whose token a connection has.
 * @param {import('@patchbay/sdk').ApiClient} apiClient
 */
export async function tenantOfConnection(apiClient) {
  const answer = await apiClient.post('auth.test')
  // Slack answers 200 also where it refuses.
  if (answer?.ok !== true) throw new Error(`Slack refused auth.test: ${answer?.error ?? 'its answer is not JSON'}`)
  const found = tenant(answer.is_enterprise_install === true ? answer.enterprise_id : answer.team_id)
  if (found === undefined) throw new Error('Slack answered auth.test without the id of a workspace or organisation.')
  return found
}

function tenant(id) {
  if (typeof id !== 'string') return undefined
  if (WORKSPACE_ID.test(id)) return `team:${id}`
  return ORGANISATION_ID.test(id) ? `enterprise:${id}` : undefined
}
