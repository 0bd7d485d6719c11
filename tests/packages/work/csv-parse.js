// reads CSV, at once and as a stream
import { parse } from 'csv-parse';
import { parse as parseSync } from 'csv-parse/sync';

export default async function work() {
  const text = 'id,name\n1,"a ""b"", c"\n2,ü\n';
  const rows = [];
  for await (const row of parse(text, { columns: true, cast: true })) rows.push(row);
  let failure;
  try {
    parseSync('a,b\n1\n', { columns: true });
  } catch (error) {
    failure = error.code;
  }
  return [parseSync(text, { columns: true }), rows, failure];
}
