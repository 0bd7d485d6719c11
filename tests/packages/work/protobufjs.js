// reads a definition, encodes and decodes messages
import protobuf from 'protobufjs';

export default function work() {
  const { root } = protobuf.parse('syntax = "proto3"; package a; enum Kind { NONE = 0; ONE = 1; } message M { string name = 1; repeated int32 ids = 2; map<string, double> sizes = 3; Kind kind = 4; bytes raw = 5; int64 big = 6; }');
  const M = root.lookupType('a.M');
  const bytes = M.encode(M.create({ name: 'ü', ids: [1, -2, 300], sizes: { a: 1.5 }, kind: 1, raw: new Uint8Array([1, 2]), big: 9007199254740000 })).finish();
  const read = M.toObject(M.decode(bytes), { enums: String, bytes: String, longs: String });
  return [Buffer.from(bytes).toString('hex'), read, M.verify({ name: 5 })];
}
