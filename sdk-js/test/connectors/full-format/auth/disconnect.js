export default async ({ apiClient }) => apiClient.post("revoke")
