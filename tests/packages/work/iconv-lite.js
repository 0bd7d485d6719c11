// converts between charsets
import iconv from 'iconv-lite';

export default function work() {
  const text = 'Grüße, 日本, Привет';
  const names = ['utf8', 'utf16le', 'utf-16', 'latin1', 'win1252', 'win1251', 'shift_jis', 'gbk', 'euc-kr', 'koi8-r'];
  return names.map((name) => [name, iconv.encode(text, name).toString('hex'), iconv.decode(iconv.encode(text, name), name), iconv.encodingExists(name)]);
}
