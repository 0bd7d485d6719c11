/**
 * The error with which a call of `apiClient` rejects. Carries what the host says and, where there was one, the
 * response; never the request, which may hold credentials.
 */
export class ApiClientError extends Error {
  /**
   * @param {import('../../types/wit.js').ApiFailure} failure
   * @param {{ status?: number, headers?: Record<string, string>, data?: unknown }} [response]
   */
  constructor(failure, response = {}) {
    super(failure.message);
    this.name = 'ApiClientError';
    /** @type {string} what kind of failure, for example `unauthorized` */
    this.kind = failure.kind;
    /** @type {number | undefined} the status of the response, if there was one */
    this.status = response.status;
    /** @type {Record<string, string> | undefined} */
    this.headers = response.headers;
    /** @type {unknown} the body of the response, read like that of a successful one */
    this.data = response.data;
    /** @type {number | undefined} how long the external app asks to wait */
    this.retryAfterMs = failure.retryAfterMs === undefined ? undefined : Number(failure.retryAfterMs);
  }
}
