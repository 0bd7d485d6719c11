// the client's settings and enumerations
import { Configuration, CountryCode, PlaidApi, PlaidEnvironments, Products } from 'plaid';

export default function work() {
  const configuration = new Configuration({ basePath: PlaidEnvironments.sandbox, baseOptions: { headers: { 'PLAID-CLIENT-ID': 'a' } } });
  const client = new PlaidApi(configuration);
  return [configuration.basePath, configuration.isJsonMime('application/json'), typeof client.webhookVerificationKeyGet, Products.Auth, CountryCode.Us];
}
