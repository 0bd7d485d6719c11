export default async ({ apiClient }: any) => (await apiClient.get("users/me")) !== undefined
