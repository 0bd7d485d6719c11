// The globals of the web and of node.
import { createHash, createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { Buffer as NodeBuffer } from 'node:buffer';

const bytes = (...all) => new Uint8Array(all);
const decoded = (all, label, options) => new TextDecoder(label, options).decode(bytes(...all));

export const web = [
  ['text to bytes', () => [...new TextEncoder().encode('aü世🦀')], [97, 195, 188, 228, 184, 150, 240, 159, 166, 128]],
  ['half a character to bytes', () => [...new TextEncoder().encode('a\ud800b')], [97, 239, 191, 189, 98]],
  ['bytes to text', () => decoded([97, 195, 188, 228, 184, 150, 240, 159, 166, 128]), 'aü世🦀'],
  ['malformed bytes', () => decoded([97, 0xff, 0xc3, 98, 0xe4, 0xb8, 99, 0xed, 0xa0, 0x80, 0xf0, 0x9f, 0xa6]), 'a\ufffd\ufffdb\ufffdc\ufffd\ufffd\ufffd\ufffd'],
  ['malformed bytes are an error if asked for', () => decoded([0xff], 'utf-8', { fatal: true }), 'thrown: TypeError'],
  ['a byte order mark', () => [decoded([0xef, 0xbb, 0xbf, 97]), decoded([0xef, 0xbb, 0xbf, 97], 'utf-8', { ignoreBOM: true })], ['a', '\ufeffa']],
  ['a stream cut inside a character', () => {
    const decoder = new TextDecoder();
    return [decoder.decode(bytes(0xe4, 0xb8), { stream: true }), decoder.decode(bytes(0x96), { stream: true }), decoder.decode()];
  }, ['', '世', '']],
  ['other encodings', () => [decoded([0x80, 0xe9], 'latin1'), decoded([97, 0, 0x3c, 0xd8, 0x80, 0xdf], 'utf-16le')], ['€é', 'a\ud83c\udf80']],
  ['a long text that is not ASCII', () => {
    const text = '世🦀a'.repeat(30_000);
    return new TextDecoder().decode(new TextEncoder().encode(text)) === text && Buffer.from(text).toString() === text;
  }, true],
  ['atob and btoa', () => [btoa('a\xff'), atob('Yf8=')], ['Yf8=', 'a\xff']],
  ['URL', () => {
    const url = new URL('../b?x=1&y=%20#z', 'https://user@Example.COM:8443/a/c');
    return [url.href, url.host, url.pathname, url.search, url.searchParams.get('y'), url.origin];
  }, ['https://user@example.com:8443/b?x=1&y=%20#z', 'example.com:8443', '/b', '?x=1&y=%20', ' ', 'https://example.com:8443']],
  ['a URL that is none', () => new URL('no url'), 'thrown: TypeError'],
  ['URLSearchParams', () => {
    const query = new URLSearchParams('?a=1&b=x+y%26z&a=2&c');
    query.append('d', 'ü &');
    query.delete('b');
    return [[...query], query.getAll('a'), query.has('c'), String(query)];
  }, [[['a', '1'], ['a', '2'], ['c', ''], ['d', 'ü &']], ['1', '2'], true, 'a=1&a=2&c=&d=%C3%BC+%26']],
  ['URLSearchParams of an object', () => String(new URLSearchParams({ a: 'b c', d: "e*'~" })), 'a=b+c&d=e*%27%7E'],
  ['malformed percent signs', () => [...new URLSearchParams('a=%zz&b=%ff')], [['a', '%zz'], ['b', '\ufffd']]],
  ['structuredClone', () => {
    const clone = structuredClone({ date: new Date(0), map: new Map([[1, { a: 2 }]]), bytes: bytes(1, 2), big: 5n });
    return [clone.date.toISOString(), clone.map.get(1), [...clone.bytes], String(clone.big)];
  }, ['1970-01-01T00:00:00.000Z', { a: 2 }, [1, 2], '5']],
  ['structuredClone of a function', () => structuredClone({ run() {} }), 'thrown: DataCloneError'],
  ['Buffer', () => [Buffer.from('ü').toString('hex'), Buffer.from('c3bc', 'hex').toString(), Buffer.from('w7w', 'base64url').toString('base64'), Buffer.from('é', 'latin1').length], ['c3bc', 'ü', 'w7w=', 1]],
  ['Buffer reads what is not quite hex or base64', () => [Buffer.from('abxx', 'hex').toString('hex'), Buffer.from(' w7w\n', 'base64').toString()], ['ab', 'ü']],
  ['parts of a Buffer', () => [Buffer.from('abcdef').toString('utf8', 1, 3), Buffer.from('abcdef').subarray(2).toString()], ['bc', 'cdef']],
  ['Buffer is one class', () => [NodeBuffer === Buffer, Buffer.from('a') instanceof Uint8Array, Buffer.byteLength('aü')], [true, true, 3]],
  ['hashes', () => [createHash('sha1').update('a').digest('hex'), createHmac('sha256', 'k').update('a').update(bytes(98)).digest('base64')], ['86f7e437faa5a7fce15d1ddcb9eaeaea377667b8', 'dHW7EZ/pt0zAr1AUpJ2AqyO9Gsgph+dpbNwkIohlRDY=']],
  ['comparing', () => [timingSafeEqual(Buffer.from('a'), Buffer.from('a')), timingSafeEqual(bytes(1), bytes(2))], [true, false]],
  ['subtle', async () => {
    const key = await crypto.subtle.importKey('raw', new TextEncoder().encode('k'), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
    return Buffer.from(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode('ab'))).toString('base64');
  }, 'dHW7EZ/pt0zAr1AUpJ2AqyO9Gsgph+dpbNwkIohlRDY='],
  ['random bytes', () => [randomBytes(16).length, randomUUID() === randomUUID(), crypto.getRandomValues(bytes(0, 0, 0, 0)).length, /^[0-9a-f-]{36}$/.test(crypto.randomUUID())], [16, false, 4, true]],
  ['console', () => { console.log('a', { b: 1 }); console.error(new Error('x')); return typeof console.table; }, 'function'],
  ['process tells nothing', () => [Object.keys(process.env).length, process.cwd(), typeof process.nextTick], [0, '/', 'function']],
  ['setImmediate and self', async () => [await new Promise((resolve) => setImmediate(resolve, 5)), self === globalThis, performance.now() >= 0], [5, true, true]],
  ['location and import.meta are harmless', () => [typeof location, typeof import.meta.url], ['undefined', 'string']],
  ['events', () => {
    const heard = [];
    const target = new EventTarget();
    target.addEventListener('a', ({ type }) => heard.push(type), { once: true });
    target.dispatchEvent(new Event('a'));
    target.dispatchEvent(new Event('a'));
    return heard;
  }, ['a']],
  ['aborting', () => {
    const controller = new AbortController();
    const any = AbortSignal.any([controller.signal]);
    controller.abort();
    return [controller.signal.aborted, any.aborted, controller.signal.reason.name];
  }, [true, true, 'AbortError']],
  ['headers', () => {
    const headers = new Headers({ 'X-B': '1' });
    headers.append('x-b', '2');
    headers.set('A', 'ü');
    return [headers.get('x-B'), [...headers].map(([name]) => name), headers.has('c')];
  }, ['1, 2', ['a', 'x-b'], false]],
  ['requests and answers without a network', async () => {
    const request = new Request('https://a.example/b', { method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json' } });
    const response = new Response('text', { status: 201 });
    return [request.method, request.url, (await request.json()).a, response.status, response.ok, await response.text(), response.headers.get('content-type')];
  }, ['POST', 'https://a.example/b', 1, 201, true, 'text', 'text/plain;charset=UTF-8']],
  ['blobs and forms', async () => {
    const form = new FormData();
    form.append('a', '1');
    form.append('f', new File(['xyz'], 'f.txt', { type: 'text/plain' }));
    return [await new Blob(['a', bytes(98)]).text(), form.get('a'), form.get('f').name, form.get('f').size];
  }, ['ab', '1', 'f.txt', 3]],
  ['streams', async () => {
    const stream = new ReadableStream({ start(controller) { controller.enqueue('a'); controller.enqueue('b'); controller.close(); } });
    const reader = stream.getReader();
    return [(await reader.read()).value, (await reader.read()).value, (await reader.read()).done];
  }, ['a', 'b', true]],
  ['a weak reference', () => new WeakRef({ a: 1 }).deref().a, 1],
  ['URL.canParse', () => [URL.canParse('https://a.example'), URL.canParse('a')], [true, false]],
];
