const MISTAKES = {
  formula: { responseHandlers: [{ match: { $eval: 1, is: 1 } }] },
  shape: { responseHandlers: { match: true } },
  key: { responseHandlers: [{ match: true, success: true }] },
}

/** @type {import('@patchbay/sdk').MakeApiClient} */
export default async function makeApiClient({ credentials, parameters }) {
  return {
    baseUri: parameters.apiBaseUri,
    headers: { Authorization: `Bearer ${credentials.accessToken}` },
    query: { from: 'code' },
    responseHandlers: [
      { match: ({ status }) => status === 404, isSuccess: true, data: null },
      {
        match: ({ data }) => data?.handled === 'failure',
        error: { key: ({ data }) => data.key, message: ({ data }) => `it said ${data.said}`, data: ({ headers }) => ({ headers }) },
      },
      { match: ({ data }) => data?.handled === 'success', isSuccess: true, data: ({ status, data }) => ({ said: data.said, status }) },
    ],
    ...MISTAKES[parameters.mistake],
  }
}
