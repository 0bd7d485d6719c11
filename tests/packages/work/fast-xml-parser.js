// reads, checks and writes XML
import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';

export default function work() {
  const xml = '<?xml version="1.0"?><r a="1"><i>1</i><i>02</i><t><![CDATA[<x>]]></t><e/>&amp;</r>';
  const read = new XMLParser({ ignoreAttributes: false }).parse(xml);
  return [read, new XMLBuilder({ ignoreAttributes: false, format: true }).build(read), XMLValidator.validate('<a><b></a>')];
}
