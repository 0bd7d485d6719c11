// signs and checks webhooks of GitHub
import { sign, verify } from '@octokit/webhooks-methods';

export default async function work() {
  const signature = await sign("It's a Secret to Everybody", 'Hello, World!');
  return [signature, await verify("It's a Secret to Everybody", 'Hello, World!', signature), await verify('other', 'Hello, World!', signature)];
}
