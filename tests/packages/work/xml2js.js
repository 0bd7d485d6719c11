// reads and writes XML, with attributes, CDATA and mistakes
import { Builder, parseString, parseStringPromise } from 'xml2js';

export default async function work() {
  const parsed = await parseStringPromise('<xml a="1"><ToUser><![CDATA[gh_1]]></ToUser><n>5</n><n x="y">&lt;6</n></xml>', { explicitArray: false });
  const failed = await new Promise((resolve) => parseString('<a><b></a>', (error) => resolve(String(error?.message).split('\n')[0])));
  return [parsed, new Builder({ headless: true }).buildObject({ root: { $: { id: 'ü' }, item: ['a & b', 'c'] } }), failed];
}
