// reads and writes CloudEvents, binary and structured
import { CloudEvent, HTTP } from 'cloudevents';

export default function work() {
  const event = new CloudEvent({ id: '1', type: 'a.b', source: '/s', time: '2026-01-02T03:04:05.000Z', data: { x: 1 }, datacontenttype: 'application/json' });
  const binary = HTTP.binary(event);
  const read = HTTP.toEvent({ headers: { 'content-type': 'application/cloudevents+json' }, body: HTTP.structured(event).body });
  let failure;
  try {
    HTTP.toEvent({ headers: { 'ce-id': '1', 'content-type': 'application/json' }, body: '{}' });
  } catch (error) {
    failure = error.message;
  }
  return [binary.headers, binary.body, read.toJSON(), HTTP.isEvent(binary), failure];
}
