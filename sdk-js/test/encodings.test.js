import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodingTables } from '../src/code/encodings.js';

const NativeDecoder = globalThis.TextDecoder;

/** Runs with the tables that code with this text in it brings. */
async function decoders(text) {
  new Function(encodingTables(text, 'TextDecoder'))();
  const { decodeByTable, isUnfinished, tableNamed } = await import('../src/guest/quickjs/encoding-tables.js');
  return { decodeByTable, isUnfinished, tableNamed };
}

for (const [label, name] of [['gbk', 'gbk'], ['GB2312', 'gbk'], ['Shift_JIS', 'shift_jis'], ['big5', 'big5'], ['euc-kr', 'euc-kr'], ['windows-1251', 'windows-1251'], ['koi8-r', 'koi8-r'], ['iso-8859-15', 'iso-8859-15']]) {
  test(`${label} is decoded as in Node.js, byte by byte and in pairs`, async () => {
    const { decodeByTable, tableNamed } = await decoders(`new TextDecoder('${label}')`);
    const [found, table] = tableNamed(label.toLowerCase());
    assert.equal(found, name);
    const native = new NativeDecoder(name);
    for (let first = 0; first < 256; first++) {
      for (let second = 0x20; second < 256; second++) {
        const bytes = Uint8Array.of(0x61, first, second, 0x62);
        const [ours, theirs] = [decodeByTable(bytes, table, false), native.decode(bytes)];
        // Of broken pairs and control characters Node's library makes other things than the standard says.
        if (theirs.includes('\uFFFD')) assert.ok(ours.includes('\uFFFD'), `${first} ${second}`);
        else if (first >= 0x20 && first !== 0x7f && second !== 0x7f) assert.equal(ours, theirs, `${first} ${second}`);
      }
    }
  });
}

test('a stream may be cut inside of a character, and what is broken is refused when that is asked for', async () => {
  const { decodeByTable, isUnfinished, tableNamed } = await decoders("'gbk'");
  const [, table] = tableNamed('gbk');
  assert.deepEqual([[0xc4], [0xc4, 0xe3], [0xc4, 0xe3, 0xba], [0x61]].map((each) => isUnfinished(Uint8Array.from(each), table)), [true, false, true, false]);
  assert.throws(() => decodeByTable(Uint8Array.of(0xc4, 0x20), table, true), TypeError);
});

test('code that names no encoding brings no table', () => {
  assert.equal(encodingTables('', "new TextDecoder('utf-8'); const all = { gbk: 1 }"), '');
  assert.equal(encodingTables('gbk', ''), '');
  assert.match(encodingTables('', "new TextDecoder('gbk')"), /"gbk"/);
});
