// takes URLs apart
import parse from 'url-parse';

export default function work() {
  return ['https://user:pw@sub.example.com:8080/p/a/t/h?query=string#hash', '//a/b', 'mailto:x@y.z', 'http://ex.com/\t a'].map((text) => {
    const url = parse(text, 'http://base.example/', true);
    return [url.protocol, url.host, url.pathname, url.query, url.hash, url.auth, url.set('port', 81).href];
  });
}
