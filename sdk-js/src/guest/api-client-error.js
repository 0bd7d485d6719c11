/** How the key that a response handler of a mapping gave comes from the host. */
const KEY_HEADER = 'patchbay-error-key';
/** @type {Record<string, string>} */
const KEYS = { unauthorized: 'access_token_expired', 'rate-limited': 'rate_limit_exceeded' };

/**
 * The error with which a call of `apiClient` rejects. Carries what the host says and, where there was one, the
 * response; never the request, which may hold credentials.
 */
export class ApiClientError extends Error {
  /**
   * @param {import('../../types/wit.js').ApiFailure} failure
   * @param {{ status?: number, headers?: Record<string, string>, data?: unknown }} [response]
   * @param {string} [key] what a response handler in JavaScript calls it
   */
  constructor(failure, { status, headers: received, data } = {}, key = undefined) {
    super(failure.message);
    const { [KEY_HEADER]: given, ...headers } = received ?? {};
    this.name = 'ApiClientError';
    /** @type {string} what kind of failure, for example `unauthorized` */
    this.kind = failure.kind;
    /** @type {number | undefined} the status of the response, if there was one */
    this.status = status;
    /** @type {string | undefined} what kind, in the words of `responseHandlers` */
    this.key = key ?? given ?? KEYS[failure.kind];
    /** @type {Record<string, string> | undefined} */
    this.headers = received && headers;
    /** @type {unknown} the body of the response, read like that of a successful one */
    this.data = data;
    /** @type {number | undefined} how long the external app asks to wait */
    this.retryAfterMs = failure.retryAfterMs == null ? undefined : Number(failure.retryAfterMs);
  }
}
