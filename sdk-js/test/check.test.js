import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check } from '../src/index.js';
import { formatProblem } from '../src/problems.js';
import { folderWith, SOUND } from './support/folders.js';

const HOOK = 'global-webhooks/hook';
const EVENT = 'events/happened';

/** The sound folder with a mapping as its get-event-selector. */
function mapping(text) {
  return {
    [`${EVENT}/get-event-selector.js`]: null,
    [`${EVENT}/get-event-selector.map.yml`]: text,
    [`${EVENT}/spec.yml`]: SOUND[`${EVENT}/spec.yml`].replace('javascript', 'mapping'),
  };
}

/** What is changed in a sound folder, and the beginnings of the lines that must come of it. */
const CASES = [
  ['a sound folder', {}, []],
  ['no spec.yml', { 'spec.yml': null }, ['spec.yml:1: the file is missing. Write it.']],
  ['spec.yaml', { 'spec.yml': null, 'spec.yaml': SOUND['spec.yml'] }, []],
  ['spec.yml and spec.yaml', { 'spec.yaml': 'key: other\n' }, ['spec.yaml:1: warning: `spec.yml` is read instead. Delete one of them.']],
  ['capital letters in the name of a spec', { 'spec.yml': null, 'Spec.yml': SOUND['spec.yml'] }, ['spec.yml:1: the file is missing. Rename `Spec.yml`.']],
  ['an empty spec', { 'spec.yml': '' }, ['spec.yml:1: the file']],
  ['a list as spec', { 'spec.yml': '- a\n' }, ['spec.yml:1: the file must be a mapping, but it is an array.']],
  ['a mistyped key', { 'spec.yml': 'key: sound\nnme: Sound\n' }, ['spec.yml:2: unknown key `nme`. Did you mean `name`?']],
  ['a number for text', { 'spec.yml': 'key: sound\nname: 5\n' }, ['spec.yml:2: `name` must be text, but it is the number 5. Put it in quotes.']],
  ['an empty value', { 'spec.yml': 'key: sound\nname: Sound\ndescription:\n' }, ['spec.yml:3: warning: `description` has no value. It is left out of the bundle.']],
  ['a number that JSON cannot hold, where nothing reads it', { 'spec.yml': 'key: sound\nname: a\nserial: 12345678901234567890\n' }, ['spec.yml:3: warning: `serial` is not a key that Patchbay knows.']],
  ['a date by a tag', { 'spec.yml': 'key: sound\nname: !!timestamp 2001-01-01\n' }, ['spec.yml:2: a value with this tag cannot be written as JSON. Put it in quotes.']],
  ['an alias to what holds it', { 'spec.yml': 'key: sound\nname: &a [ *a ]\n' }, ['spec.yml:2: the alias refers to a value that contains it.']],
  ['an unknown tag', { 'spec.yml': 'key: sound\nname: !text a\n' }, ['spec.yml:2: warning: Unresolved tag: !text. The tag is ignored.']],
  ['anchors and merge keys', { 'spec.yml': 'key: sound\nname: a\nparametersSchema: &s\n  type: object\n', 'auth/spec.yml': 'shared: &s { type: object }\ncredentialsSchema:\n  <<: *s\n  required: []\n' }, ['auth/spec.yml:1: warning: `shared` is not a key that Patchbay knows.']],
  ['a byte order mark and CRLF', { 'spec.yml': '\ufeffkey: sound\r\nname: a\r\n', [`${HOOK}/handle.js`]: '\ufeffexport default function handle() {}\r\n' }, []],
  ['a document that ends', { 'spec.yml': '---\nkey: sound\nname: a\n---\n' }, []],
  ['no key', { 'spec.yml': 'name: Sound & Co.\n', [`${HOOK}/spec.yml`]: SOUND[`${HOOK}/spec.yml`].replace('key: hook\n', ''), [`${EVENT}/spec.yml`]: SOUND[`${EVENT}/spec.yml`].replace('key: happened\n', '') }, ['spec.yml:1: warning: the file has no `key`, so the key is `sound-co`. Write `key: sound-co`']],
  ['a key that is longer than the host takes', { 'spec.yml': `key: ${'a'.repeat(65)}\nname: a\n` }, ['spec.yml:1: `aaaa']],
  ['a key with blanks', { 'spec.yml': 'key: so und\nname: Sound\n' }, ['spec.yml:1: `so und` is not a key.']],
  ['broken YAML', { 'spec.yml': 'key: sound\nname: [\n' }, ['spec.yml:3: this is not valid YAML']],
  ['comments of another language', { 'spec.yml': '// spec\nkey: sound\nname: a\n' }, ['spec.yml:']],
  ['a key twice', { 'spec.yml': 'key: sound\nname: a\nname: b\n' }, ['spec.yml:3: this is not valid YAML: Map keys must be unique']],
  ['two documents', { 'spec.yml': 'key: sound\nname: a\n---\nb: 1\n' }, ['spec.yml:3: a second YAML document starts here.']],
  ['a number with more digits than a double', { 'spec.yml': 'key: sound\nname: 0.12345678901234567890\n' }, ['spec.yml:2: JSON cannot hold the number `0.12345678901234567890`. Put it in quotes.']],
  ['a number with more digits than a double, by a merge key', { 'auth/spec.yml': 'shared: &s { type: object, minimum: 0.12345678901234567890 }\ncredentialsSchema:\n  <<: *s\n' }, ['auth/spec.yml:1: warning: `shared` is not a key that Patchbay knows.', 'auth/spec.yml:1: JSON cannot hold the number `0.12345678901234567890`. Put it in quotes.']],
  ['a number that JSON cannot hold', { 'spec.yml': 'key: sound\nname: 12345678901234567890\n' }, ['spec.yml:2: JSON cannot hold the number `12345678901234567890`. Put it in quotes.']],
  ['a schema with a mistyped type', { 'spec.yml': 'key: sound\nname: a\nparametersSchema:\n  type: object\n  properties:\n    a: { type: sting }\n' }, ['spec.yml:6: JSON Schema has no type the text "sting". Did you mean `string`?']],
  ['a schema that requires the unknown', { 'spec.yml': 'key: sound\nname: a\nparametersSchema:\n  properties:\n    team: { type: string }\n  required: [tem]\n' }, ['spec.yml:6: `required` names `tem`, which is not among `properties`. Did you mean `team`?']],
  ['an unknown engine', { 'spec.yml': 'key: sound\nname: a\nengine: quikjs\n' }, ['spec.yml:3: `engine` cannot be the text "quikjs". Did you mean `quickjs`?']],
  ['a wildcard host', { 'spec.yml': 'key: sound\nname: a\napiHosts:\n  - api.example.com\n  - "*.example.com"\n' }, ['spec.yml:5: the text "*.example.com" is not a host.']],
  ['hosts in all forms', { 'spec.yml': 'key: sound\nname: a\napiHosts: [a.example, "a.example:8443", "https://b.example/v1", { $var: parameters.x }]\n' }, []],
  ['another key than its folder', { [`${HOOK}/spec.yml`]: SOUND[`${HOOK}/spec.yml`].replace('key: hook', 'key: hok') }, [`${HOOK}/spec.yml:1: the key is \`hok\`, but the folder is \`hook\`.`]],
  ['no implementationType', { [`${HOOK}/spec.yml`]: 'key: hook\nname: Hook\nmethods:\n  handle: {}\n' }, [`${HOOK}/spec.yml:4: \`methods.handle\` has no \`implementationType\`.`]],
  ['a mapping as handle', { [`${HOOK}/spec.yml`]: SOUND[`${HOOK}/spec.yml`].replace('javascript', 'mapping') }, [`${HOOK}/spec.yml:5: \`implementationType\` cannot be the text "mapping". \`handle\` can only be`]],
  ['an unknown method', { [`${HOOK}/spec.yml`]: `${SOUND[`${HOOK}/spec.yml`]}  verify: {}\n` }, [`${HOOK}/spec.yml:6: warning: \`verify\` is not a key that Patchbay knows. It is left out of the bundle.`]],
  ['no handle.js', { [`${HOOK}/handle.js`]: null, [`${HOOK}/handler.js`]: '' }, [`${HOOK}/handle.js:1: the file is missing. Is \`handler.js\` meant? Rename it.`]],
  ['handle twice', { [`${HOOK}/handle.ts`]: 'export default () => {}' }, [`${HOOK}/handle.ts:1: \`handle.js\` implements the same method.`]],
  ['no default export', { [`${HOOK}/handle.js`]: 'export function handle() {}\n' }, [`${HOOK}/handle.js:1: the file has no default export.`]],
  ['no export at all', { [`${HOOK}/handle.js`]: 'function handle() {}\n' }, [`${HOOK}/handle.js:1: the file has no default export.`]],
  ['CommonJS', { [`${HOOK}/handle.js`]: 'module.exports = async function () {};\n' }, []],
  ['TypeScript', { [`${HOOK}/handle.js`]: null, [`${HOOK}/handle.ts`]: 'export default (a: { b: string }): void => {};\n' }, []],
  ['a syntax error', { [`${HOOK}/handle.js`]: 'export default function handle() {\n  return {;\n}\n' }, [`${HOOK}/handle.js:2: Expected identifier but found ";".`]],
  ['a helper that is not there', { [`${HOOK}/handle.js`]: "import a from './a.js';\nexport default () => a;\n" }, [`${HOOK}/handle.js:1: Could not resolve "./a.js". Correct the path`]],
  ['a module of node', { [`${HOOK}/handle.js`]: "export default () => {};\nimport 'node:fs';\n" }, [`${HOOK}/handle.js:2: warning: \`node:fs\` is there in name only: what needs it fails when it is called, for there are no files`]],
  ['what ignores languages, or is not there', { [`${HOOK}/handle.js`]: "export default ({ data }) => [\n  data.a.localeCompare('b'),\n  new Intl.Collator('de'),\n  new URLPattern({}),\n  new SharedArrayBuffer(8),\n  new RegExp(`^\\\\p{L}${data.x}`, 'u'),\n  typeof WebAssembly,\n];\n" }, [
    `${HOOK}/handle.js:2: warning: \`localeCompare\` compares character codes here`,
    `${HOOK}/handle.js:3: warning: \`Intl.Collator\` is not there. No engine has it`,
    `${HOOK}/handle.js:4: warning: \`URLPattern\` is not there`,
    `${HOOK}/handle.js:5: warning: \`SharedArrayBuffer\` is not there on starlingmonkey. It works with \`engine: quickjs\`.`,
    `${HOOK}/handle.js:6: warning: StarlingMonkey knows no Unicode properties`,
  ]],
  ['what the other engine lacks', { 'spec.yml': `${SOUND['spec.yml']}engine: quickjs\n`, [`${HOOK}/handle.js`]: "export default () => new DecompressionStream('gzip');\n" }, [`${HOOK}/handle.js:1: warning: \`DecompressionStream\` is not there on quickjs. It works with \`engine: starlingmonkey\`.`]],
  ['modules of node that exist', { [`${HOOK}/handle.js`]: "import { createHmac } from 'crypto';\nimport { Buffer } from 'node:buffer';\nexport default () => [createHmac, Buffer];\n" }, []],
  ['a wrong name of node:crypto', { [`${HOOK}/handle.js`]: "import { createHmca } from 'node:crypto';\nexport default () => createHmca;\n" }, [`${HOOK}/handle.js:1: No matching export in`]],
  ['the contract itself', { [`${HOOK}/handle.js`]: "import { write } from 'patchbay:connector/log@0.1.0';\nexport default () => write;\n" }, [`${HOOK}/handle.js:1: a connector cannot import`]],
  ['frozen values', { [`${HOOK}/handle.js`]: "const a = { at: Date.now() };\nconst later = () => Math.random();\nexport default () => [a, later, new Date()];\nconst b = new Date();\nclass C { at = Date.now(); }\n" }, [`${HOOK}/handle.js:1: warning: \`Date.now()\` at module level`, `${HOOK}/handle.js:4: warning: \`new Date()\` at module level`]],
  ['frozen values in a helper', { [`${HOOK}/handle.js`]: "export { default } from '../../lib/a.js';\n", 'lib/a.js': '\nconst a = Math.random();\nexport default () => a;\n' }, ['lib/a.js:2: warning: `Math.random()`']],
  ['a mistyped webhook key', { [`${EVENT}/get-event-selector.js`]: "export default () => ({ globalWebhookKey: 'hok', globalWebhookEventSelector: '' });\n" }, [`${EVENT}/get-event-selector.js:1: warning: the connector has no global webhook \`hok\`. Did you mean \`hook\`?`]],
  ['a mistyped webhook key in a mapping', { [`${EVENT}/get-event-selector.js`]: null, [`${EVENT}/get-event-selector.map.yml`]: 'globalWebhookKey: hok\nglobalWebhookEventSelector: a\n', [`${EVENT}/spec.yml`]: SOUND[`${EVENT}/spec.yml`].replace('javascript', 'mapping') }, [`${EVENT}/get-event-selector.map.yml:1: the connector has no global webhook \`hok\`.`]],
  ['a mistyped key of a mapping', mapping('globalWebhookKey: hook\nglobalWebhookSelector: a\n'), [`${EVENT}/get-event-selector.map.yml:2: unknown key \`globalWebhookSelector\`. Did you mean \`globalWebhookEventSelector\`?`]],
  ['a mapping without a selector', mapping('globalWebhookKey: hook\n'), [`${EVENT}/get-event-selector.map.yml:1: the file has no \`globalWebhookEventSelector\`.`]],
  ['a mapping that is a formula', mapping('$case:\n  cases: [{ value: { globalWebhookKey: hook, globalWebhookEventSelector: a } }]\n'), []],
  ['an unknown variable', mapping('globalWebhookKey: hook\nglobalWebhookEventSelector: { $tpl: { template: "{$a}", values: { $a: { $var: credential.id } } } }\n'), [`${EVENT}/get-event-selector.map.yml:2: \`credential\` is not a variable here. Did you mean \`credentials\`?`]],
  ['a variable without a name', mapping('globalWebhookKey: hook\nglobalWebhookEventSelector: { $var: }\n'), [`${EVENT}/get-event-selector.map.yml:2: \`$var\` must be a path, but it is null.`]],
  ['all ways to name a variable', mapping('globalWebhookKey: hook\nglobalWebhookEventSelector: { $concat: [{ $var: $ }, { $var: "$.credentials.a" }, { $var: "parameters[0]" }, { $iterate: { source: { $var: connectorParameters.l }, item: { $var: item.id } } }, { $plain: { $var: x } }] }\n'), []],
  ['a mistyped key of an API client', { 'auth/make-api-client.map.yml': 'baseUri: https://a.example\nheader: { a: b }\n' }, ['auth/make-api-client.map.yml:2: unknown key `header`. Did you mean `headers`?']],
  ['headers that are none', { 'auth/make-api-client.map.yml': 'baseUri: https://a.example\nheaders: Bearer\n' }, ['auth/make-api-client.map.yml:2: `headers` must be a mapping of names to values, but it is the text "Bearer".']],
  ['response handlers', { 'auth/make-api-client.map.yml': 'baseUri: https://a.example\nresponseHandlers:\n  - match: { $var: response.data.ok }\n    isSuccess: true\n    data: { $var: response.data.result }\n  - match: true\n    error: { key: a, message: { $var: response.data.why }, data: 1 }\n' }, []],
  ['response handlers with mistakes', { 'auth/make-api-client.map.yml': 'baseUri: https://a.example\nresponseHandlers:\n  - isSucces: true\n    match: { $var: credentials.x }\n  - error: { mesage: a }\n' }, ['auth/make-api-client.map.yml:3: unknown key `isSucces`. Did you mean `isSuccess`?', 'auth/make-api-client.map.yml:4: `credentials` is not a variable here. Known here: `response`.', 'auth/make-api-client.map.yml:5: `responseHandlers.1` has no `match`.', 'auth/make-api-client.map.yml:5: unknown key `mesage`. Did you mean `message`?']],
  ['response handlers that are no list', { 'auth/make-api-client.map.yml': 'baseUri: https://a.example\nresponseHandlers: { match: true }\n' }, ['auth/make-api-client.map.yml:2: `responseHandlers` must be a list, but it is an object.']],
  ['a result with a mistyped key', { [`${HOOK}/handle.js`]: 'const one = () => ({ event: [] });\nexport default handle;\nfunction handle() {\n  one.map(() => { return { any: 1 }; });\n  return { evnts: [], ...one(), ["x"]: 1 };\n}\n' }, [`${HOOK}/handle.js:5: \`evnts\` is not a part of the result. Did you mean \`events\`?`]],
  ['a result with a key of another product', { [`${HOOK}/handle.js`]: 'export default () => ({ events: [], state: {} });\n' }, [`${HOOK}/handle.js:1: warning: \`state\` is not a part of the result. Nothing reads it.`]],
  ['a selector with a mistyped key', { [`${EVENT}/get-event-selector.js`]: "export default async () => ({ globalWebhookKey: 'hook', selector: 'a' });\n" }, [`${EVENT}/get-event-selector.js:1: \`selector\` is not a part of the result.`]],
  ['an event of the other type', { [`${EVENT}/spec.yml`]: SOUND[`${EVENT}/spec.yml`].replace('global-webhook', 'webhook') }, [`${EVENT}/spec.yml:3: warning: Patchbay does not receive events of the type \`webhook\`. The event is left out of the bundle.`]],
  ['a mapping where JavaScript is declared', { [`${EVENT}/get-event-selector.js`]: null, [`${EVENT}/get-event-selector.yml`]: 'a: 1\n' }, [`${EVENT}/get-event-selector.js:1: the file is missing. There is \`get-event-selector.yml\``]],
  ['the spelling getEventSelector', { [`${EVENT}/spec.yml`]: SOUND[`${EVENT}/spec.yml`].replace('get-event-selector', 'getEventSelector') }, []],
  ['the spelling getEventsSelector', { [`${EVENT}/spec.yml`]: SOUND[`${EVENT}/spec.yml`].replace('get-event-selector', 'getEventsSelector') }, []],
  ['an event without webhooks', { [`${HOOK}/spec.yml`]: null, [`${HOOK}/handle.js`]: null }, [`${EVENT}/spec.yml:1: warning: the connector has no global webhook, so`]],
  ['requests without hosts', { 'auth/make-api-client.js': 'export default () => ({});\n' }, ['spec.yml:1: warning: `auth/make-api-client.js` makes requests, but `apiHosts` does not say to which hosts, so the host rejects all of them.']],
  ['requests of code to a written-out host', { 'auth/make-api-client.js': "export default () => ({ baseUri: 'https://api.example.com/v1' });\n" }, []],
  ['requests to a host that a formula yields', { 'auth/make-api-client.map.yml': 'baseUri: { $tpl: { template: "https://{a}.example.com", values: { a: { $var: credentials.a } } } }\n' }, []],
  ['requests to a written-out host', { 'auth/make-api-client.map.yml': 'baseUri: https://api.example.com/v1\n' }, []],
  ['two API clients', { 'auth/make-api-client.map.yml': 'baseUri: https://a.example\n', 'auth/make-api-client.js': 'export default () => ({});\n' }, ['auth/make-api-client.map.yml:1: `make-api-client.js` implements the same method', 'spec.yml:1: warning: `auth/make-api-client.js` makes requests']],
  ['no examples', { 'examples/none.json': null }, ['examples:1: warning: the connector has no examples, so nothing tests it. Write']],
  ['an unknown formula', mapping('globalWebhookKey: hook\nglobalWebhookEventSelector:\n  $concat:\n    - a\n    - $vra: credentials.id\n'), [`${EVENT}/get-event-selector.map.yml:5: \`$vra\` is not a formula. Did you mean \`$var\`?`]],
  ['an unlike formula', mapping('globalWebhookKey: hook\nglobalWebhookEventSelector: { $somethingElse: 1 }\n'), [`${EVENT}/get-event-selector.map.yml:2: \`$somethingElse\` is not a formula. Formulas are:`]],
  ['a formula that is not the first key', mapping('globalWebhookKey: hook\nglobalWebhookEventSelector: { a: 1, $var: b }\n'), [`${EVENT}/get-event-selector.map.yml:2: warning: \`$var\` is an ordinary key here.`]],
  ['$jsonata', mapping('globalWebhookKey: hook\nglobalWebhookEventSelector: { $jsonata: a }\n'), [`${EVENT}/get-event-selector.map.yml:2: \`$jsonata\` is not supported.`]],
  ['names of an external app that look like formulas', { 'auth/make-api-client.map.yml': 'baseUri: https://a.example\nquery: { $top: 5, $filter: { $var: credentials.filter } }\n' }, []],
  ['an event of no type', { 'events/other/spec.yml': 'key: other\nname: Other\n' }, ['events/other/spec.yml:1: warning: the event has neither an `implementationType` nor a `get-event-selector`.']],
  ['methods that are not supported', { [`${EVENT}/spec.yml`]: SOUND[`${EVENT}/spec.yml`].replace('javascript', 'not-supported'), 'global-webhooks/none/spec.yml': 'key: none\nname: None\nmethods:\n  handle: { implementationType: not-supported }\n' }, [`${EVENT}/spec.yml:3: warning: \`get-event-selector\` is \`not-supported\`. The event is left out`, 'global-webhooks/none/spec.yml:4: warning: `handle` is `not-supported`. The webhook is left out']],
  ['a connector without webhooks and events', { [`${HOOK}/spec.yml`]: null, [`${HOOK}/handle.js`]: null, [`${EVENT}/spec.yml`]: null, [`${EVENT}/get-event-selector.js`]: null }, ['spec.yml:1: warning: the connector has no global webhook, so it receives nothing.']],
  ['files of methods that nothing calls', { [`${EVENT}/subscribe.js`]: '', [`${EVENT}/get-event-selector.rest.yml`]: '', 'auth/get-oauth-config.js': '', 'auth/refresh-credentials.rest.yaml': '' }, ['auth/get-oauth-config.js:1: warning: the host never calls this method.', 'auth/refresh-credentials.rest.yaml:1: warning: the host never calls this method.', `${EVENT}/get-event-selector.rest.yml:1: warning: spec.yml says \`implementationType: javascript\``, `${EVENT}/subscribe.js:1: warning: the host never calls this method.`]],
  ['folders beside webhooks and events', { 'events/shared/ids.js': '', 'global-webhooks/node_modules/a/index.js': '', 'events/README.md': '', [`${HOOK}/README.md`]: '', [`${HOOK}/handle.js~`]: '', [`${HOOK}/handle.d.ts`]: '', [`${HOOK}/.handle.js.swp`]: '', 'package.json': '{}' }, ['events/shared:1: warning: the folder has no `spec.yml`.']],
  ['a folder with a method and no spec', { 'events/other/get-event-selector.js': '' }, ['events/other/spec.yml:1: the file is missing. Write it.']],
  ['folders that nothing reads', { 'data/a.yml': '', 'webhooks/a.yml': '', 'lib/a.js': '' }, ['data:1: warning: Patchbay uses only webhooks and their events. It is left out of the bundle.', 'webhooks:1: warning: nothing reads this folder. Is `global-webhooks` meant?']],
];

for (const [name, changes, expected] of CASES) {
  test(`check: ${name}`, async () => {
    const lines = (await check(await folderWith(changes))).map((each) => formatProblem(each));
    assert.equal(lines.length, expected.length, lines.join('\n'));
    expected.forEach((beginning, index) => assert.ok(lines[index].startsWith(beginning), `${lines[index]}\nbut expected\n${beginning}`));
  });
}
