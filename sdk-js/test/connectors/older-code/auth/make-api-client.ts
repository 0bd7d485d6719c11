type Credentials = { access_token?: string; api_token?: string }

export default function makeApiClient({ credentials }: { credentials: Credentials }) {
  const params: any = { baseUri: 'https://api.example.com/v1' }
  if (credentials.access_token) params.headers = { Authorization: `Bearer ${credentials.access_token}` }
  else params.query = { api_token: credentials.api_token }
  return params
}
