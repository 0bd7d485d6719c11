export default async ({ code }) => ({ code })
