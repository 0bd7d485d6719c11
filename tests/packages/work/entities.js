// entities of HTML and XML
import { decodeHTML, decodeXML, encodeHTML, encodeXML, escapeText } from 'entities';

export default function work() {
  return [decodeHTML('&lt;&auml;&#128512;&copy'), decodeXML('&lt;&auml;&#x41;'), encodeHTML('ä < 😀'), encodeXML('ä & "'), escapeText('<a>\u00a0')];
}
