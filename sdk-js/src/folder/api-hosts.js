/**
 * The hosts that a connector's `apiClient` may reach.
 * Never widens the list: anything but a single host is a mistake, including wildcards.
 */
import { describe, isRecord } from '../guest/describe.js';

/** @type {import('./fields.js').Rule} */
export function apiHosts(yaml, path, value) {
  if (!Array.isArray(value) || value.length === 0) {
    yaml.error(path, '`apiHosts` must be a list', 'Write `apiHosts: [api.example.com]`.');
    return;
  }
  value.forEach((host, index) => {
    if (isRecord(host) || (typeof host === 'string' && isHost(host))) return;
    yaml.error([...path, index], `${describe(host)} is not a host`, 'Write `host`, `host:port`, a URL, or a formula such as `{ $var: parameters.apiBaseUri }`; wildcards are not supported.');
  });
}

/**
 * The host (and port) of a base URI; undefined if it is a formula or not a URL.
 * @param {unknown} baseUri
 */
export function literalHost(baseUri) {
  return typeof baseUri === 'string' && baseUri.includes('://') && isHost(baseUri) ? new URL(baseUri).host : undefined;
}

/** @param {string} text */
function isHost(text) {
  const full = text.includes('://') ? text : `https://${text}`;
  if (!URL.canParse(full)) return false;
  const { protocol, username, hostname } = new URL(full);
  return /^https?:$/.test(protocol) && username === '' && !hostname.includes('*');
}
