// checks signatures, runs middleware and listeners on events
import { createHmac } from 'node:crypto';
import bolt, { isValidSlackRequest } from '@slack/bolt';

export default async function work() {
  const heard = [];
  const receiver = { init(app) { this.app = app; }, start: async () => undefined, stop: async () => undefined };
  const app = new bolt.App({ receiver, authorize: async () => ({ botId: 'B1', botUserId: 'U0', botToken: 'xoxb-1' }) });
  app.use(async ({ next }) => (heard.push('middleware'), next()));
  app.message('hello', async ({ message }) => heard.push(['message', message.text]));
  app.event('app_mention', async ({ event }) => heard.push(['mention', event.user]));
  for (const event of [{ type: 'message', text: 'hello you', user: 'U1', channel: 'C1' }, { type: 'app_mention', user: 'U2', text: 'x', channel: 'C1' }]) {
    await app.processEvent({ body: { type: 'event_callback', team_id: 'T1', event }, ack: async () => heard.push('ack') });
  }
  const body = '{"a":1}';
  const signature = `v0=${createHmac('sha256', 's').update(`v0:1700000000:${body}`).digest('hex')}`;
  const headers = { 'x-slack-signature': signature, 'x-slack-request-timestamp': 1700000000 };
  const given = { signingSecret: 's', headers, nowMilliseconds: 1700000001000 };
  return [heard, isValidSlackRequest({ ...given, body }), isValidSlackRequest({ ...given, body: `${body} ` })];
}
