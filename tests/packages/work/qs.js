// reads and writes nested queries
import qs from 'qs';

export default function work() {
  return [qs.parse('a[b][c]=1&a[d][]=2&a[d][]=3&e=%FCx&f=a%20b+c', { depth: 3 }), qs.stringify({ a: { b: [1, { c: 'ü' }] }, d: null, e: new Date(0) }, { arrayFormat: 'brackets' }), qs.parse('?x=%E4', { charset: 'iso-8859-1', ignoreQueryPrefix: true })];
}
