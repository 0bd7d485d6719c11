// reads and writes CSV
import Papa from 'papaparse';

export default function work() {
  const read = Papa.parse('id;name\n1;"a;b"\n2;ü\n', { header: true, dynamicTyping: true, skipEmptyLines: true });
  return [read.data, read.meta.delimiter, Papa.unparse([{ a: 'x,y', b: 'q"q' }]), Papa.parse('a,"b').errors];
}
