/**
 * Names of the connector format that Patchbay does not use, each with the reason. `check` accepts them with a warning, and they
 * are left out of the bundle.
 */

const NOT_SHOWN = 'the host shows only names and descriptions';
const NO_SIGN_IN = 'whoever creates a connection gives the host its credentials';
const NO_CALL = 'the host never calls this method';
const NO_INLINE_CODE = 'each method is in its own file';

/** @param {string} reason @param {string[]} keys */
const all = (reason, ...keys) => Object.fromEntries(keys.map((key) => [key, reason]));

/** Methods of `auth/`, as specs spell them. */
const AUTH_METHODS = [
  'test', 'disconnect', 'refreshCredentials', 'getOAuthConfig', 'getTokenData', 'getCredentialsFromAccessTokenResponse',
  'getCredentialsFromRefreshTokenResponse', 'getCredentialsFromConnectionParameters',
];

/** The same methods as file names. */
export const UNUSED_AUTH_FILES = [
  ...AUTH_METHODS, ...AUTH_METHODS.map((name) => name.replace('OAuth', 'Oauth').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)), 'get-o-auth-config', 'ui',
];

const AUTH_KEYS = {
  ...all(NO_SIGN_IN, 'ui', 'options', 'inputSchema', 'title', 'enabled', 'helpUri', 'proxyKey', 'isDefault', ...AUTH_METHODS),
  customCredentialsSchema: 'its name here is `credentialsSchema`',
  makeApiClient: NO_INLINE_CODE,
  'make-api-client': NO_INLINE_CODE,
};

/** Keys of the connector's own `spec.yml`. */
export const UNUSED_CONNECTOR_KEYS = {
  ...AUTH_KEYS,
  version: 'the host numbers the versions of a connector',
  auth: 'credentials and requests are described in `auth/`',
  type: 'credentials and requests are described in `auth/`',
  customCredentialsSchema: '`credentialsSchema` in `auth/spec.yml` takes its place',
  ...all(NOT_SHOWN, 'logoUri', 'logo', 'icon', 'categories', 'tags', 'docs', 'docsUri', 'apiDocsUri', 'appUri', 'appUuid', 'appKey'),
  ...all(NOT_SHOWN, 'externalAppId', 'externalAppUuid', 'uuid', 'id', 'isPublic', 'isTest', 'connectionMode', 'extends', 'baseUri'),
  ...all('Patchbay uses only webhooks and their events', 'data', 'operations', 'actions', 'flows', 'udm', 'events', 'globalWebhooks', 'fieldMappings'),
};

export const UNUSED_AUTH_KEYS = AUTH_KEYS;

/** Keys of the `spec.yml` of a webhook or an event. */
export const UNUSED_ITEM_KEYS = {
  ...all(NOT_SHOWN, 'id', 'uuid', 'title', 'docs', 'docsUri', 'icon', 'logoUri', 'categories', 'tags', 'meta', 'extends'),
  version: 'the version is that of the connector',
};

/** Keys below `implementationType`. */
export const UNUSED_METHOD_KEYS = {
  ...all(NO_INLINE_CODE, 'code', 'mapping', 'config', 'path'),
  ...all('the host reads only `implementationType`', 'name', 'description', 'inputSchema', 'outputSchema', 'parametersSchema'),
};

/** Methods of a global webhook. */
export const UNUSED_WEBHOOK_METHODS = all(NO_CALL, 'subscribe', 'unsubscribe', 'refresh', 'parse', 'test', 'getEventSelector', 'get-event-selector');

/** Methods of an event with another type. */
export const UNUSED_EVENT_METHODS = all(NO_CALL, 'subscribe', 'unsubscribe', 'handle', 'refresh', 'parse', 'test', 'pull', 'getSampleEvents', 'extractEvents', 'getEventConfig');

/** Folders and files beside the connector's `spec.yml`. */
export const UNUSED_ENTRIES = ['data', 'operations', 'docs', 'actions', 'flows', 'udm', 'udm.yml', 'api', 'field-mappings', 'data-sources', 'packages', 'tests'];
