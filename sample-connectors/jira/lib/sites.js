/**
 * Says which site a request is from and which site a connection is. The webhook and the events both take its name from
 * here, so that they cannot drift apart.
 * Never believes a body alone: a site is one whose own secret signed the request.
 */

/**
 * Which of the sites that signed a request it is from: the one that every `self` address in it belongs to. Undefined if
 * there is none, or where two sites share a secret and nothing tells them apart.
 * @param {Record<string, any>} payload
 * @param {string[]} signers
 */
export function siteOf(payload, signers) {
  const addresses = Object.values(payload).map((member) => member?.self)
  const origins = addresses.filter((address) => address !== undefined).map(originOf)
  const [site, another] = signers.filter((signer) => origins.every((origin) => origin === signer))
  return another === undefined ? site : undefined
}

/**
 * The site that a connection opens, as Atlassian lists it.
 * @param {import('@patchbay/sdk').ApiClient} apiClient
 * @param {string} cloudId
 */
export async function siteOfConnection(apiClient, cloudId) {
  const sites = await apiClient.get('oauth/token/accessible-resources')
  if (!Array.isArray(sites)) throw new Error('Atlassian did not answer with a list of sites.')
  const site = originOf(sites.find((each) => each?.id === cloudId)?.url)
  if (site === undefined) throw new Error('The token does not open the site with the id in credentials.cloudId.')
  return site
}

function originOf(address) {
  try {
    const { protocol, origin } = new URL(address)
    return protocol === 'https:' ? origin : undefined
  } catch {
    return undefined
  }
}
