export default async ({ apiClient, state }) => apiClient.delete(`hooks/${state.id}`)
