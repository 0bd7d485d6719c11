// entities of HTML
import he from 'he';

export default function work() {
  return [he.decode('&lt;&auml;&#128512;&notanentity;&copy'), he.encode('ä < 😀 "', { useNamedReferences: true }), he.escape('<a & "b">')];
}
