// reads and writes YAML
import { parse, parseDocument, stringify } from 'yaml';

export default function work() {
  return [parse('a: &x [1, 2]\nb: *x\nc: |\n  text\n  more\nd: 2026-01-02\n'), stringify({ a: [1, { b: 'ü: x' }], t: 'a\nb' }), parseDocument('a: [1').errors.map(({ code }) => code)];
}
