// Buffer as the package has it
import { Buffer } from 'buffer/index.js';

export default function work() {
  const bytes = Buffer.from('Grüße 😀');
  const all = Buffer.concat([bytes, Buffer.alloc(3, 'ab'), Buffer.from([255, 0])]);
  all.writeDoubleBE(Math.PI, 0);
  return [all.toString('hex'), all.toString('base64'), bytes.indexOf('ß'), all.readDoubleBE(0), all.readUInt32LE(4), Buffer.compare(bytes, all), bytes.equals(Buffer.from(bytes)), all.subarray(2, 5).toJSON(), bytes.toString('latin1')];
}
