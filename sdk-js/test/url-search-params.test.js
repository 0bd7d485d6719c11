import assert from 'node:assert/strict';
import { test } from 'node:test';

// What QuickJS brings and this version of node may not.
Uint8Array.fromHex ??= (hex) => new Uint8Array(Buffer.from(hex, 'hex'));
Uint8Array.fromBase64 ??= (base64) => new Uint8Array(Buffer.from(base64, 'base64'));
Uint8Array.prototype.toBase64 ??= function toBase64() {
  return Buffer.from(this).toString('base64');
};
const { URLSearchParams: Ours } = await import('../src/guest/quickjs/url-search-params.js');
const Real = globalThis.URLSearchParams;

const INITS = [
  '', '?', '??a=b', 'a=1&b=2&a=3', 'a', '=', '=x', '&&a=1&', 'a=b=c', 'a+b=c+d', '%20=%2B', 'a=%zz%4', 'x=%ff%C3%BC%e4%b8', 'ü=世🦀', 'a=\ud800',
  '%F0%9F%A6%80=%f0%9f', "a=!'()*~-._ /:", { a: 1, b: 'x y', c: null }, [['a', 'b'], ['a', 2]], new Map([['k', 'v']]), undefined, 5,
];

for (const init of INITS) {
  test(`URLSearchParams on QuickJS: ${typeof init === 'string' ? JSON.stringify(init) : String(JSON.stringify(init))}`, () => {
    const [ours, real] = [new Ours(init), new Real(init)];
    assert.deepEqual([...ours], [...real]);
    assert.equal(String(ours), String(real));
    for (const each of [ours, real]) {
      each.append('z', 'é &=+');
      each.set('a', 'new');
      each.delete('b');
      each.sort();
    }
    assert.equal(String(ours), String(real));
    for (const see of [(all) => all.getAll('a'), (all) => all.get('none'), (all) => all.has('a', 'new'), (all) => [...all.keys()], (all) => [...all.values()], (all) => all.size]) {
      assert.deepEqual(see(ours), see(real));
    }
  });
}

test('URLSearchParams on QuickJS: a list of what is no pair', () => {
  for (const Kind of [Ours, Real]) assert.throws(() => new Kind([['a']]), TypeError);
});
