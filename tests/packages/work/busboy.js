// takes multipart and form bodies apart, as streams
import busboy from 'busboy';
import { Readable } from 'node:stream';

export default async function work() {
  const body = ['--b', 'Content-Disposition: form-data; name="text"', '', 'größer', '--b', 'Content-Disposition: form-data; name="file"; filename="a.bin"', 'Content-Type: application/octet-stream', '', 'x'.repeat(5000), '--b--', ''].join('\r\n');
  return [await parsed('multipart/form-data; boundary=b', body), await parsed('application/x-www-form-urlencoded', 'a=1&b=%C3%BC+x')];
}

function parsed(type, body) {
  const found = [];
  return new Promise((resolve, reject) => {
    const parser = busboy({ headers: { 'content-type': type } });
    parser.on('field', (name, value) => found.push([name, value]));
    parser.on('file', (name, stream, info) => {
      let length = 0;
      stream.on('data', (chunk) => (length += chunk.length)).on('end', () => found.push([name, info, length]));
    });
    parser.on('close', () => resolve(found)).on('error', reject);
    Readable.from([Buffer.from(body.slice(0, 100)), Buffer.from(body.slice(100))]).pipe(parser);
  });
}
