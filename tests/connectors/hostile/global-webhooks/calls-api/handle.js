export default async function handle({ apiClient }) {
  const me = await apiClient.get('users/me');
  return { events: [{ selector: `user:${me.id}`, payload: me }] };
}
