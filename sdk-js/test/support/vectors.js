/**
 * The published HMAC vectors of providers and standards. Those marked as made by us follow the provider's documented
 * algorithm but were computed with another HMAC library.
 */

export const HUBSPOT_KEY = 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy';
export const HUBSPOT_V1 =
  '[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]';
const HUBSPOT_URL = 'POSThttps://www.example.com/webhook_uri';
const HUBSPOT_BODY = '{"example_field":"example_value"}';
/** What version 2 signs. */
export const HUBSPOT_V2 = HUBSPOT_URL + HUBSPOT_BODY;
const META = '{"object":"page","entry":[{"id":"1","t":"\\u00e4"}]}';
const BINARY = Uint8Array.of(0xff, 0, 0xfe, 0x7b, 0x7d);

/** Name, hash, key, signed bytes, encoding, result. */
export const HMACS = [
  ['GitHub', 'sha256', "It's a Secret to Everybody", 'Hello, World!', 'hex', '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'],
  ['Standard Webhooks', 'sha256', Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64'),
    'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}', 'base64', 'g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
  ['RFC 4231, case 2', 'sha256', 'Jefe', 'what do ya want for nothing?', 'hex', '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'],
  ['RFC 2202, case 2', 'sha1', 'Jefe', 'what do ya want for nothing?', 'hex', 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79'],
  // Made by us, from here on.
  ['Slack, JSON', 'sha256', 'slack_secret', 'v0:1700000000:{"type":"event_callback","team_id":"T1","event_id":"Ev1"}', 'hex',
    'a0e4ec8ad7262639f822860bd6cbe43acaa4742e287ae0b0fc9c6e0ed6b18a13'],
  ['Slack, form', 'sha256', 'slack_secret', 'v0:1700000000:payload=%7B%22team%22%3A%7B%22id%22%3A%22T1%22%7D%7D', 'hex',
    '0f730b60e91e4be2720a23bd3222b40af6683f91157f6b5b3dc204113d9723f7'],
  ['GitHub, SHA-1', 'sha1', "It's a Secret to Everybody", 'Hello, World!', 'hex', '01dc10d0c83e72ed246219cdd91669667fe2ca59'],
  ['Stripe', 'sha256', 'whsec_test', '1700000000.{"id":"evt_1","account":"acct_1"}', 'hex', 'd7c7fdcbd406e0465bc92b7731d7137e288958da54b317b490f0c810a2b08a7a'],
  ['Shopify', 'sha256', 'shpss_secret', '{"id":1}', 'base64', 'xocA3LkeJ/RvNrkxep1EUtFHuj7rIoIqZYaLU26LyPQ='],
  ['HubSpot v3', 'sha256', HUBSPOT_KEY, `${HUBSPOT_URL}${HUBSPOT_BODY}1700000000000`, 'base64', 'rQEKkaNUiu+1qGF//O/pw4BCzstSqO1PyUnGICmf+7o='],
  ['HubSpot v3, query', 'sha256', HUBSPOT_KEY, `${HUBSPOT_URL}?a=1&b=2${HUBSPOT_BODY}1700000000000`, 'base64', 't5+WkjTM2hLqclnZ/D9mgtRPPt6ciiNXw202ekAgh80='],
  ['Meta', 'sha256', 'appsecret', META, 'hex', 'b5e525e624f9311c19c026948f80219e8c25da68cb5835c643d9574d6a345b2e'],
  ['Meta, re-serialised', 'sha256', 'appsecret', META.replace('\\u00e4', 'ä'), 'hex', 'e2fe091181026fd432f8957c1f306d98648bffdbd8f9f1cf8a552722d93f64dd'],
  ['Notion', 'sha256', 'secret_tok', '{"workspace_id":"w1"}', 'hex', 'a5ad785203a4aa94b6258da788b60328bd817ff44c5c2f62d1cdebc9b2cc3cab'],
  ['Linear', 'sha256', 'lin_wh_secret', '{"organizationId":"o1","webhookTimestamp":1700000000000}', 'hex', 'e38e6822bc19c098199eb6925cb3b988ac5efaf4e67c6cd56b76ac2ff6a081b9'],
  ['Intercom', 'sha1', 'secret', '{"type":"notification_event","app_id":"abc"}', 'hex', '191a8bdc21496dcf7aa0fa26cbe90428e67fa3a4'],
  ['Jira admin', 'sha256', 'jira_secret', '{"webhookEvent":"jira:issue_updated"}', 'hex', 'c4cb0580f5ab6eeaf6bd1e562046858bfa2c14c27c3119316ffc05cd35f739d2'],
  ['DocuSign', 'sha256', 'dskey', '{"event":"envelope-completed","data":{"accountId":"a1"}}', 'base64', 'YYMZHeC9Wt0uvYv43bO8kYHcw20jhoYvWADxpqgGm3s='],
  ['X, challenge', 'sha256', 'consumer', 'challenge123', 'base64', 'XULPmlDBKRYSTwSmaN0QHYcItFARa5hS2XxYlHRYb58='],
  ['X, body', 'sha256', 'consumer', '{"for_user_id":"1"}', 'base64', 'zMNj3qYkX2CLxhvn6KogG+IUXO+SBg8TtlP/q8siM7Y='],
  ['Square', 'sha256', 'sq_key', 'https://hooks.example.com/square{"merchant_id":"m1","event_id":"e1"}', 'base64', '1zenvJnLIWJGJOwcOlNfgBven0SQ+il4bcLUSlMh1u4='],
  ['PagerDuty', 'sha256', 'pd_secret', '{"event":{"id":"E1"}}', 'hex', '0f09c3174ed1cf2c7b7c5490be95272f97bb83579498c883446f90efc16040d3'],
  ['Calendly', 'sha256', 'cal_key', '1700000000.{"event":"invitee.created"}', 'hex', '79090e41d3aafb2ee4f4e62ea85ac5583129967f2ecfcbd4ed90ac62da5f9bd5'],
  ['Smartsheet', 'sha256', 'ss_secret', '{"webhookId":7}', 'hex', '66bbe3f69b97aab302c5e694b0643f018c1b2f9b2616a1946f357ee0ae605cc3'],
  ['binary body', 'sha256', 'bin_secret', BINARY, 'hex', '91108de2f16c7eebef59d75388bcb49cbacd510df6336b3f843a29004194e389'],
  ['binary body, decoded', 'sha256', 'bin_secret', new TextDecoder().decode(BINARY), 'hex', '8289d4109f07b3bcf656da414c035afba407b5cc4fe59f5b53b8e954ad5a38dd'],
  ['empty body', 'sha256', 'bin_secret', '', 'hex', 'a6ab7f3b9af7a931be8ad28ff7ae08a1feee52468583a10b76785af482ed3b45'],
];
