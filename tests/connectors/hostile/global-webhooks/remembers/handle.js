// Tries to carry something from one request to the next.
let seen = 0;
globalThis.requests = [];

export default async function handle({ data }) {
  seen += 1;
  globalThis.requests.push(data);
  Object.prototype.polluted = data;
  return { events: [], response: { data: { seen, requests: globalThis.requests } } };
}
