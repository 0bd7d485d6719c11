export default async function handle(request) {
  const { query, data, headers, parameters, rawBody, rawBytes, method, url, path, receivedAt, webhookKey } = request;
  const response = { query, data, headers, parameters, rawBody, method, url, path, receivedAt, webhookKey };
  const base64 = btoa(String.fromCharCode(...rawBytes));
  return {
    events: [],
    response: { headers: { 'x-method': method }, data: { ...response, base64, bytesAre: rawBytes.constructor.name } },
  };
}
