/**
 * What a connector's functions are given and what they return. In JavaScript:
 *
 *     /** @type {import('@patchbay/sdk').Handle} *\/
 *     export default async function handle({ data }) { … }
 */

/** `global-webhooks/<key>/handle.js`: responds to a request and splits it into events. */
export type Handle = (args: HandleArguments) => HandleResult | null | undefined | void | Promise<HandleResult | null | undefined | void>;

/** `events/<key>/get-event-selector.js`: returns the selector of a subscription. */
export type GetEventSelector = (args: GetEventSelectorArguments) => EventSelector | Promise<EventSelector>;

/** `auth/make-api-client.js`: how requests to the external app are made on behalf of a connection. */
export type MakeApiClient = (args: MakeApiClientArguments) => ApiClientSettings | Promise<ApiClientSettings>;

/**
 * A number of JSON that JavaScript's numbers round and that is not whole. It is its text where text is wanted; `<` and `*` take
 * it as the nearest double; `+` and `==` throw, so that nothing is rounded unnoticed. Two of the same text are `===`.
 */
export interface ExactNumber {
  toString(): string;
  [Symbol.toPrimitive](hint: 'string'): string;
  [Symbol.toPrimitive](hint: 'number'): number;
  [Symbol.toPrimitive](hint: string): string | number;
}

/** A value that JSON can write. Whole numbers beyond ±(2^53−1) are BigInts. */
export type JsonValue = string | number | bigint | ExactNumber | boolean | null | JsonValue[] | { [name: string]: JsonValue };

/** Text, or a number that was not rounded: it is taken as its digits. */
export type Identifier = string | number | bigint | ExactNumber;

/** The one argument of `handle`. */
export interface HandleArguments {
  /** The query of the request. A repeated name has the list of its values. */
  query: Record<string, string | string[]>;
  /**
   * The body, read by its Content-Type: JSON as its value, a form or multipart form as an object (files as
   * {@link FormFile}), everything else as text, no body as `null`. Malformed JSON is given as text, so that a
   * signature can still be checked.
   */
  data: any;
  /** The headers, names in lower case. Repeated headers are joined with `, `. */
  headers: Record<string, string>;
  /** The connector parameters of the integration that the webhook belongs to. */
  parameters: Record<string, any>;
  /** The body as text. A signature covers {@link rawBytes}: these differ where the body was compressed or is not UTF-8. */
  rawBody: string;
  /** The body as bytes, exactly as received: what signatures cover. */
  rawBytes: Uint8Array;
  /** The headers in the order in which they came, repeats kept. */
  rawHeaders: [name: string, value: string][];
  /** The HTTP method, in upper case. */
  method: string;
  /** The URL as the external app sees it, query included. */
  url: string;
  /** The path after the webhook's own URI: empty, or starting with `/`. */
  path: string;
  /** When the request was received, for example `2026-01-02T03:04:05.678Z`. */
  receivedAt: string;
  /** The key of the global webhook. */
  webhookKey: string;
}

/** A file in a multipart form. Its content is in `rawBytes`. */
export interface FormFile {
  filename: string;
  contentType?: string;
  /** Length in bytes. */
  size: number;
}

/** The result of `handle`. If it returns nothing, there are no events, and the response is 200 with an empty body. */
export interface HandleResult {
  events?: RoutedEvent[];
  response?: HandleResponse | null;
}

/** One event found in a request. Give `selector` or `selectors`. One that cannot be used is refused, the others are not. */
export interface RoutedEvent {
  /** The event reaches the subscriptions that have exactly this selector. */
  selector?: string;
  /** The event reaches the subscriptions that have any of these, each of them once. */
  selectors?: string[];
  /** The delivered value: anything that JSON can write; `null` if left out. */
  payload?: unknown;
  /** The external app's own id of the event. The same id is not delivered twice for an integration. */
  id?: Identifier | null;
  /** Events of one key belong in the order in which they came. */
  orderingKey?: Identifier | null;
}

/** The HTTP response to the external app. */
export interface HandleResponse {
  /** 200 to 599; 200 if left out. */
  status?: number;
  headers?: Record<string, string | number | string[] | undefined>;
  /** Text is sent as text/plain, bytes as application/octet-stream, everything else as JSON, unless `headers` say otherwise. */
  data?: unknown;
}

/** The one argument of `get-event-selector`. */
export interface GetEventSelectorArguments {
  /** The parameters of the subscription, as the event's `parametersSchema` describes them. */
  parameters: Record<string, any>;
  /** Sends requests to the external app on behalf of the connection. */
  apiClient: ApiClient;
  /** The same as `apiClient`. */
  externalApiClient: ApiClient;
  /** The credentials of the connection. */
  credentials: Record<string, any>;
  /** The connector parameters of the integration. */
  connectorParameters: Record<string, any>;
}

/** The result of `get-event-selector`. */
export interface EventSelector {
  /** The key of a global webhook of this connector. */
  globalWebhookKey: string;
  /** Matched exactly against the selectors of events. */
  globalWebhookEventSelector: string;
}

/**
 * Requests to the external app. Calls made together (`Promise.all`) travel together.
 * A call that does not succeed rejects with an {@link ApiClientError}.
 */
export interface ApiClient {
  get(path: string, query?: ApiClientQuery | null, options?: ApiClientOptions): Promise<any>;
  post(path: string, data?: unknown, options?: ApiClientOptions): Promise<any>;
  put(path: string, data?: unknown, options?: ApiClientOptions): Promise<any>;
  patch(path: string, data?: unknown, options?: ApiClientOptions): Promise<any>;
  delete(path: string, data?: unknown, options?: ApiClientOptions): Promise<any>;
}

export type ApiClientQuery = Record<string, unknown> | URLSearchParams;

export interface ApiClientOptions {
  /** Query parameters to add. */
  query?: ApiClientQuery;
  /** Headers to add. */
  headers?: Record<string, unknown>;
  /** HTTP basic authentication for this request. */
  auth?: { username: string; password: string };
  /** Replaces the base URI of the connection. */
  baseUri?: string;
  /** Resolve with {@link ApiClientResponse} instead of its data alone. */
  returnFullResponse?: boolean;
  /** How to read the response. Without it: JSON by its Content-Type, otherwise text. */
  responseType?: 'json' | 'text' | 'arraybuffer';
}

export interface ApiClientResponse {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  data: any;
}

/** The error with which a call of `apiClient` rejects. */
export interface ApiClientError extends Error {
  name: 'ApiClientError';
  kind:
    | 'denied'
    | 'invalid-request'
    | 'unreachable'
    | 'timed-out'
    | 'too-large'
    | 'too-many-requests-made'
    | 'unauthorized'
    | 'rate-limited'
    | 'refused';
  /** `access_token_expired`, `rate_limit_exceeded`, or what a response handler says. */
  key?: string;
  /** Where there was a response. */
  status?: number;
  headers?: Record<string, string>;
  data?: unknown;
  /** How long the external app asks to wait. */
  retryAfterMs?: number;
}

/** The one argument of `make-api-client`. */
export interface MakeApiClientArguments {
  /** The credentials of the connection. */
  credentials: Record<string, any>;
  /** The connector parameters of the integration. */
  parameters: Record<string, any>;
}

/** What `make-api-client` returns; added to every request. `baseUrl` is another spelling of `baseUri`. */
export interface ApiClientSettings {
  baseUri?: string;
  baseUrl?: string;
  headers?: Record<string, unknown>;
  query?: ApiClientQuery;
  auth?: { username: string; password: string };
  /** Tried in order: the first whose `match` is true says whether a response is a success, and what it means. */
  responseHandlers?: ResponseHandler[];
}

/** In JavaScript each part is a value or a function of the response; in `make-api-client.map.yml` it is a formula over `response`. */
export interface ResponseHandler {
  match: OfResponse<unknown>;
  /** Whether the call resolves. Left out, it rejects. */
  isSuccess?: OfResponse<unknown>;
  /** The value that the call resolves with, instead of the response's own data. */
  data?: OfResponse<unknown>;
  /** What it rejects with; each part that is left out is as it would be without the handler. */
  error?: OfResponse<{ message?: OfResponse<string>; key?: OfResponse<string>; data?: OfResponse<unknown> }>;
}

export type OfResponse<T> = T | ((response: ApiClientResponse) => T);

export * from './sdk.js';
