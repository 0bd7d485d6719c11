// Throws what each of its calls gave: the subscription's error shows that, and the transcript beside it.
export default async function getEventSelector({ apiClient, parameters }) {
  const { calls, together } = parameters;
  const results = together ? await Promise.all(calls.map((call) => make(apiClient, call))) : [];
  for (const call of together ? [] : calls) results.push(await make(apiClient, call));
  throw new Error(JSON.stringify(results));
}

async function make(apiClient, { method, with: given }) {
  try {
    const value = await apiClient[method](...given);
    return { value: value instanceof ArrayBuffer ? { arrayBuffer: [...new Uint8Array(value)] } : value };
  } catch (error) {
    const { name, kind, key, message, status, headers, data, retryAfterMs } = error;
    return { name, kind, key, message, status, headers, data, retryAfterMs };
  }
}
