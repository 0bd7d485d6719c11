/**
 * The contract (wit/connector.wit) as the engine shows it to JavaScript. For the SDK's own code, not for authors.
 */

export type Fields = [string, string][];
export type Tagged<Tag extends string, Value = undefined> = Value extends undefined
  ? { tag: Tag }
  : { tag: Tag; val: Value };
export type Result<Ok, Err> = Tagged<'ok', Ok> | Tagged<'err', Err>;

export interface Failure {
  name: string;
  message: string;
  stack: string | undefined;
}

export interface WebhookRequest {
  webhookKey: string;
  method: string;
  url: string;
  path: string;
  query: Fields;
  headers: Fields;
  body: Body;
  parameters: string;
  receivedAt: string;
}

export interface Body {
  bytes: Uint8Array;
  content:
    | Tagged<'empty'>
    | Tagged<'json'>
    | Tagged<'form'>
    | Tagged<'multipart', { name: string; value: PartValue }[]>
    | Tagged<'text'>
    | Tagged<'unknown'>;
  decoded?: Uint8Array;
}

export type PartValue =
  | Tagged<'text', string>
  | Tagged<'file', { filename: string; contentType?: string; size: bigint }>;

export interface HandleResult {
  events: RoutedEvent[];
  response: Response | undefined;
}

export interface RoutedEvent {
  selectors: string[];
  payload: string;
  id: string | undefined;
  orderingKey: string | undefined;
}

export interface Response {
  status: number;
  headers: Fields;
  body: Uint8Array;
}

export interface SelectorRequest {
  eventKey: string;
  parameters: string;
  credentials: string;
  connectorParameters: string;
}

export interface EventSelector {
  globalWebhookKey: string;
  globalWebhookEventSelector: string;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface ApiRequest {
  method: string;
  url: string;
  baseUri: string | undefined;
  query: Fields;
  headers: Fields;
  auth: { username: string; password: string } | undefined;
  body: Uint8Array | undefined;
}

export interface ApiFailure {
  kind: string;
  message: string;
  retryAfterMs?: bigint;
  response?: Response;
}

export type ApiResult = Result<Response, ApiFailure>;
