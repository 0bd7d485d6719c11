export default async ({ state }) => ({ state })
