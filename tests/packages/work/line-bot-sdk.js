// checks the signature of LINE
import { createHmac } from 'node:crypto';
import { LINE_SIGNATURE_HTTP_HEADER_NAME, validateSignature } from '@line/bot-sdk';

export default function work() {
  const body = '{"events":[{"type":"message"}]}';
  const signature = createHmac('sha256', 's').update(body).digest('base64');
  return [LINE_SIGNATURE_HTTP_HEADER_NAME, validateSignature(body, 's', signature), validateSignature(Buffer.from(body), 's', signature), validateSignature(`${body} `, 's', signature)];
}
