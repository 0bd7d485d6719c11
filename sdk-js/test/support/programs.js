/**
 * Random small programs: one part makes values of all kinds, the other changes and reads them. The same seed gives the same
 * program. A program uses only what every engine of JavaScript does alike, so it gives the same text everywhere.
 */

/**
 * @param {number} seed
 * @returns {{ make: string, use: string }} two function expressions: `use` takes what `make` returns, and gives text
 */
export function programOf(seed) {
  const random = new Random(seed);
  const names = [];
  const make = [];
  const add = (/** @type {Maker} */ maker) => {
    const name = `v${names.length}`;
    make.push(...maker(random, names, name));
    names.push(name);
  };
  add(MAKERS.object);
  const kinds = Object.values(MAKERS);
  for (let count = random.below(24) + 6; count > 0; count--) add(random.one(kinds));
  const use = [];
  const uses = Object.values(USES);
  for (let count = random.below(60) + 20; count > 0; count--) use.push(`attempt(async () => { ${random.one(uses)(random, names)} });`);
  return {
    make: `() => {\n${PRELUDE}\n${make.join('\n')}\nreturn { ${names.join(', ')} };\n}`,
    use: `async (state) => {\n${PRELUDE}\n${SHOW}\nlet { ${names.join(', ')} } = state;\n${use.map((each) => `await ${each}`).join('\n')}\nreturn log.join('|') + '|' + show({ ${names.join(', ')} });\n}`,
  };
}

/** @typedef {(random: Random, names: string[], name: string) => string[]} Maker statements that declare `name` */

/** A sequence of numbers that follows from its seed (mulberry32). */
class Random {
  #state;

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** @param {number} end */
  below(end) {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % end;
  }

  /**
   * @template T
   * @param {readonly T[]} list
   */
  one(list) {
    return list[this.below(list.length)];
  }
}

const PRELUDE = String.raw`
const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';
const object = (value) => (isObject(value) ? value : { value });
const text = (value) => (typeof value === 'symbol' || isObject(value) ? typeof value : String(value));
const repeated = (value, count) => text(value).slice(0, 40).repeat(count);
const call = (value, ...args) => (typeof value === 'function' ? value(...args) : value);
const key = (value) => (typeof value === 'symbol' ? value : text(value).slice(0, 700));
`;

/** Text of any value: everything that a program can see of it, but for what engines word differently. */
const SHOW = String.raw`
const log = [];
const attempt = async (run) => {
  try {
    await run();
  } catch (error) {
    log.push(error instanceof Error ? error.name : 'thrown ' + typeof error);
  }
};
const OWN = new Set(['length', 'name', 'prototype', 'arguments', 'caller', 'stack', 'message', 'fileName', 'lineNumber', 'columnNumber']);
const digest = (string) => {
  if (string.length < 60) return JSON.stringify(string);
  let sum = 0;
  for (let at = 0; at < string.length; at++) sum = (Math.imul(sum, 31) + string.charCodeAt(at)) | 0;
  return string.length + '#' + sum;
};
const show = (value, seen = new Map()) => {
  if (typeof value === 'string') return digest(value);
  if (typeof value === 'bigint') return digest(value.toString(16)) + 'n';
  if (typeof value === 'symbol') return 'symbol ' + digest(String(value.description));
  if (Object.is(value, -0)) return '-0';
  if (!isObject(value)) return String(value);
  if (seen.has(value)) return '@' + seen.get(value);
  seen.set(value, seen.size);
  const parts = [];
  let tag;
  try {
    tag = Object.prototype.toString.call(value);
  } catch {
    return 'revoked';
  }
  parts.push(typeof value === 'function' ? 'function ' + digest(String(value.name)) + value.length : tag);
  if (seen.size > 400) return parts[0];
  try {
    if (tag === '[object Date]') parts.push(String(value.getTime()));
    if (value instanceof RegExp) parts.push(value.source, value.flags, String(value.lastIndex));
    if (value instanceof Map) for (const [from, to] of [...value]) parts.push(show(from, seen) + '=>' + show(to, seen));
    if (value instanceof Set) for (const each of [...value]) parts.push(show(each, seen));
    if (value instanceof ArrayBuffer) parts.push(show(new Uint8Array(value).join().slice(0, 9000), seen));
    if (ArrayBuffer.isView(value)) parts.push(String(value.byteOffset), String(value.byteLength));
    if (ArrayBuffer.isView(value) && !(value instanceof DataView)) parts.push(digest(value.join()));
    if (tag === '[object Error]') parts.push(String(value.name));
    if (value instanceof WeakRef && isObject(value.strong)) parts.push(show(value.deref(), seen));
  } catch (error) {
    parts.push('failed ' + (error instanceof Error ? error.name : typeof error));
  }
  if (!Object.isExtensible(value)) parts.push('closed');
  const proto = Object.getPrototypeOf(value);
  if (proto !== null && proto !== Object.prototype && typeof value !== 'function' && Object.getPrototypeOf(proto) !== null && !ArrayBuffer.isView(value)) {
    parts.push('of ' + digest(String(Object.hasOwn(proto, 'constructor') && proto.constructor.name)));
  }
  const isView = ArrayBuffer.isView(value);
  for (const name of Reflect.ownKeys(value)) {
    if (name === 'stack' || (OWN.has(name) && (typeof value === 'function' || tag === '[object Error]'))) continue;
    if (typeof name === 'symbol' && /async_id_symbol/.test(name.description)) continue; // What node writes on promises.
    if (isView && typeof name === 'string' && /^\d+$/.test(name)) continue;
    const property = Reflect.getOwnPropertyDescriptor(value, name);
    if (property === undefined) continue;
    const flags = (property.writable ? 'w' : '') + (property.enumerable ? 'e' : '') + (property.configurable ? 'c' : '');
    const content = 'value' in property ? show(property.value, seen) : show(property.get, seen) + '/' + show(property.set, seen);
    parts.push(show(name, seen) + flags + ':' + content);
  }
  return '{' + parts.join(',') + '}';
};
`;

const WORDS = ['a', 'b', 'id', 'x1', 'constructor', 'toString', 'length', '0', '1', '17', '4294967295', '-1', 'é', '名前', 'a b', '', 'then'];
const NUMBERS = ['0', '-0', '1', '-1', '0.1', '1e21', '1e-7', '2147483647', '2147483648', '-2147483649', '4294967296', '9007199254740993', 'NaN', 'Infinity', '1.7976931348623157e308', '5e-324'];
const BIGS = ['0n', '1n', '-1n', '4294967296n', '-9223372036854775808n', '(1n << 200n) - 1n', '-(7n ** 900n)', '12345678901234567890123n'];
const TYPED = ['Uint8Array', 'Int8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array'];
const EXPRESSIONS = ['/a(b)?/g', '/(?<first>[a-c]+)-?(\\d*)/gd', '/\\u{61}|\\p{Lu}/gu', '/^.*$/m', '/(?<=b)c|\\bx/giy', '/[^\\s]{2,}/s', '/(a*)*b/'];

const quoted = (/** @type {string} */ word) => JSON.stringify(word);
/**
 * A value: one that is there already, or a small new one.
 * @param {Random} random
 * @param {string[]} names
 */
const value = (random, names) => {
  switch (random.below(10)) {
    case 0: return random.one(NUMBERS);
    case 1: return quoted(random.one(WORDS));
    case 2: return random.one(BIGS);
    case 3: return random.one(['null', 'undefined', 'true', 'false', '{}', '[]']);
    case 4: return `Symbol(${quoted(random.one(WORDS))})`;
    case 5: return `{ ${quoted(random.one(WORDS))}: ${random.one(names)}, x: ${random.below(99)} }`;
    default: return random.one(names);
  }
};
/**
 * @param {Random} random
 * @param {string[]} names
 */
const anyKey = (random, names) => (random.below(6) === 0 ? `key(${random.one(names)})` : quoted(random.one(WORDS)));
/** @param {Random} random */
const size = (random) => random.one([0, 1, 2, 3, 7, 8, 15, 31, 64, 100, 127, 500, 1000, 3000]);

/** @type {Record<string, Maker>} */
const MAKERS = {
  number: (random, _, name) => [`let ${name} = ${random.one(NUMBERS)};`],
  big: (random, _, name) => [`let ${name} = ${random.one(BIGS)};`],
  symbol: (random, _, name) => [`const ${name} = ${random.one(['Symbol', 'Symbol.for'])}('${'s'.repeat(random.one([0, 1, 9, 600]))}${name}');`],
  text: (random, names, name) => [`let ${name} = ${random.one([
    `repeated(${random.one(names)}, ${size(random)})`,
    `'${'é名x'.repeat(random.below(300))}'`,
    `'x'.repeat(${size(random)}).slice(${random.below(9)})`,
    `Array.from({ length: ${size(random)} }, (_, i) => i).join('-')`,
  ])};`],
  rope: (random, names, name) => [
    `let ${name} = '';`,
    `for (let i = 0; i < ${size(random)}; i++) ${name} = i % 3 ? ${name} + 'r' + i + text(${random.one(names)}).slice(0, 9) : 'l' + ${name};`,
  ],
  object: (random, names, name) => {
    const fields = [];
    for (let count = random.below(12); count > 0; count--) {
      const field = quoted(random.one(WORDS));
      const held = names.length === 0 ? String(random.below(9)) : value(random, names);
      fields.push(random.one([
        `${field}: ${held}`, `${field}: ${held}`, `get ${field}() { return ${held}; }`, `set ${field}(given) { this.taken = given; }`,
        `[Symbol.for('k${random.below(3)}')]: ${held}`, `f${random.below(30)}: ${held}`, `['k'.repeat(${size(random)})]: ${held}`,
      ]));
    }
    return [`const ${name} = { ${fields.join(', ')} };`];
  },
  manyFields: (random, names, name) => [
    `const ${name} = ${random.one(['{}', 'Object.create(null)', '[]', '() => 1'])};`,
    `for (let i = 0; i < ${size(random)}; i++) ${name}['f' + i * ${random.below(5) + 1}] = i % 7 ? i : ${random.one(names)};`,
    `for (let i = 0; i < ${size(random)}; i += ${random.below(3) + 1}) delete ${name}['f' + i];`,
  ],
  manyAlike: (random, names, name) => [
    `const ${name} = Array.from({ length: ${size(random)} }, (_, i) => ({ i, twice: i * 2, ${random.below(2) ? 'held: ' + random.one(names) : ''} }));`,
  ],
  closed: (random, names, name) => [
    `const ${name} = Object.${random.one(['freeze', 'seal', 'preventExtensions'])}({ a: ${value(random, names)}, b: [1, 2], c: ${random.one(names)} });`,
  ],
  heir: (random, names, name) => [`const ${name} = Object.create(object(${random.one(names)}), { own: { value: ${random.one(names)}, ${random.one(['writable', 'enumerable', 'configurable'])}: true } });`],
  list: (random, names, name) => [`const ${name} = [${Array.from({ length: random.below(20) }, () => (random.below(8) ? value(random, names) : '')).join(', ')}];`],
  longList: (random, names, name) => [
    `const ${name} = Array.from({ length: ${size(random)} }, (_, i) => (i % 5 ? i / 2 : ${random.one(names)}));`,
    random.below(3) ? '' : `${name}.length += ${size(random)};`,
  ],
  deep: (random, names, name) => [`let ${name} = ${random.one(names)};`, `for (let i = 0; i < ${random.below(150)}; i++) ${name} = i % 2 ? [${name}] : { d: ${name} };`],
  map: (random, names, name) => [
    `const ${name} = new Map([${Array.from({ length: random.below(9) }, () => `[${value(random, names)}, ${value(random, names)}]`).join(', ')}]);`,
    `for (let i = 0; i < ${size(random)}; i++) ${name}.set(i % 3 ? i : 'k' + i, i);`,
  ],
  set: (random, names, name) => [
    `const ${name} = new Set([${Array.from({ length: random.below(9) }, () => value(random, names)).join(', ')}]);`,
    `for (let i = 0; i < ${size(random)}; i++) ${name}.add({ i }).add(i);`,
  ],
  iterator: (random, names, name) => [
    `const ${name}m = new Map([[1, 2], ['k', ${random.one(names)}], [3, 4], [{}, 5]]);`,
    `const ${name} = Object.assign(${random.one(['entries', 'keys', 'values'].map((method) => `${name}m.${method}()`).concat(`[1, 2, ${random.one(names)}].entries()`, `'a名b'[Symbol.iterator]()`, `'a1b2'.matchAll(/[a-z]/g)`))}, { over: ${name}m });`,
    random.below(2) ? `${name}.next();` : '',
  ],
  weak: (random, names, name) => [
    `const ${name} = new Weak${random.one(['Map', 'Set'])}();`,
    ...Array.from({ length: random.below(6) }, () => `{ const k = object(${random.one(names)}); ${name}.add ? ${name}.add(k) : ${name}.set(k, ${value(random, names)}); }`),
  ],
  weakRef: (random, names, name) => [
    `const ${name}o = object(${random.one(names)});`,
    `const ${name} = Object.assign(new WeakRef(${name}o), { strong: ${name}o });`,
    random.below(3) ? '' : `new FinalizationRegistry(() => undefined).register(${name}o, ${name});`,
  ],
  bytes: (random, names, name) => [`const ${name} = Uint8Array.from({ length: ${size(random) * random.one([1, 1, 1, 30])} }, (_, i) => i * ${random.below(99)});`],
  typed: (random, names, name) => {
    const kind = random.one(TYPED);
    const one = kind.startsWith('Big') ? 'BigInt(i) * 3n' : `i * ${random.one(['1.5', '-7', '65537'])}`;
    return [`const ${name} = ${kind}.from({ length: ${size(random)} }, (_, i) => ${one});`];
  },
  buffer: (random, names, name) => [
    `const ${name} = new ArrayBuffer(64${random.below(2) ? ', { maxByteLength: 4096 }' : ''});`,
    `${name}.views = [new Uint16Array(${name}), new Uint8Array(${name}, 8, 16), new DataView(${name}, 4), new Float64Array(${name}, 16, 2)];`,
    `${name}.views[0].fill(${random.below(65536)}, ${random.below(9)});`,
  ],
  expression: (random, names, name) => [`const ${name} = ${random.one(EXPRESSIONS)};`, random.below(2) ? `${name}.lastIndex = ${random.below(5)};` : `${name}.exec('xab-12');`],
  date: (random, names, name) => [`const ${name} = new Date(${random.one(['0', '1e12', 'NaN', '8.64e15', '951782400000'])});`],
  counter: (random, names, name) => [
    `let ${name}n = ${random.below(9)}, ${name}held = ${random.one(names)};`,
    `const ${name} = (by = 1) => { ${name}n += Number(by) || 1; return [${name}n, ${name}held]; };`,
    `${name}.replace = (held) => { const old = ${name}held; ${name}held = held; return old; };`,
  ],
  loop: (random, names, name) => [`const ${name} = [];`, `for (let i = 0; i < ${random.below(30)}; i++) ${name}.push(() => i++ + text(${random.one(names)}).length);`],
  recursive: (random, names, name) => [`const ${name} = function self(n) { return n > 0 ? self(n - 1) + 1 : ${random.below(9)}; };`],
  bound: (random, names, name) => [`const ${name} = (function (...rest) { return [this, new.target === undefined, ...rest]; }).bind(${random.one(names)}, ${value(random, names)});`],
  made: (random, names, name) => [`const ${name} = new Function('a', 'b = 2', 'return [a, b, arguments.length]');`],
  mapped: (random, names, name) => [`const ${name} = (function (a, b) { a = ${value(random, names)}; return arguments; })(1, ${random.one(names)}, 3);`],
  class: (random, names, name) => [
    `class ${name}Base { #secret = ${value(random, names)}; static made = 0; held = ${random.one(names)}; constructor() { ${name}Base.made++; } get secret() { return this.#secret; } set secret(given) { this.#secret = given; } static has(o) { return #secret in o; } }`,
    `class ${name}Class extends ${name}Base { #own() { return super.secret; } own() { return this.#own(); } *[Symbol.iterator]() { yield this.held; yield* [1, 2]; } toJSON() { return 'json'; } }`,
    `const ${name} = new ${name}Class();`,
  ],
  listClass: (random, names, name) => [`class ${name}C extends ${random.one(['Array', 'Map', 'Set', 'Uint8Array', 'Error', 'Promise'])} { get extra() { return 1; } }`, `const ${name} = ${name}C.name === '' ? 1 : Reflect.construct(${name}C, [${name}C.prototype instanceof Promise ? () => 1 : undefined]);`],
  generator: (random, names, name) => [
    `const ${name} = (function* () { let got = 0; try { for (let i = 0; ; i++) got = yield [i, got, ${random.one(names)}]; } finally { yield 'last'; } })();`,
    ...Array.from({ length: random.below(4) }, () => `${name}.next(${random.below(9)});`),
  ],
  captured: (random, names, name) => [
    `const ${name}g = (function* () { let shared = ${value(random, names)}; const see = () => shared; const set = (to) => { shared = to; }; yield { see, set }; shared = [shared]; yield { see, set }; })();`,
    `const ${name} = Object.assign(${name}g.next().value, { rest: ${name}g });`,
  ],
  waiting: (random, names, name) => [
    `const ${name} = { seen: [] };`,
    `${name}.promise = new Promise((resolve, reject) => Object.assign(${name}, { resolve, reject }));`,
    `${name}.task = (async () => { try { ${name}.seen.push(await ${name}.promise); for await (const each of [${random.one(names)}, 2]) ${name}.seen.push(each); return 'done'; } catch (error) { ${name}.seen.push('caught'); return 'failed'; } })();`,
  ],
  asyncGenerator: (random, names, name) => [`const ${name} = (async function* () { let i = 0; while (true) yield [i++, await ${random.one(names)}]; })();`, random.below(2) ? `${name}.next().catch(() => undefined);` : ''],
  settled: (random, names, name) => [`const ${name} = Promise.${random.one(['resolve', 'reject'])}(${random.below(9)});`, `${name}.catch(() => undefined);`],
  proxy: (random, names, name) => [
    `const ${name}log = [];`,
    `const ${name} = new Proxy(object(${random.one(names)}), { get(target, property, receiver) { ${name}log.push(property); return Reflect.get(target, property, receiver); }, has(target, property) { return property === 'ghost' || Reflect.has(target, property); } });`,
  ],
  revocable: (random, names, name) => [`const ${name} = Proxy.revocable({ a: ${value(random, names)} }, {});`],
  error: (random, names, name) => [`const ${name} = new ${random.one(['Error', 'TypeError', 'RangeError'])}('m', { cause: ${random.one(names)} });`],
  template: (random, names, name) => [`const ${name}t = (parts, ...rest) => ({ parts, rest });`, `const ${name} = () => ${name}t\`a\${1}b\${${random.one(names)}}c\`;`, `${name}();`],
  json: (random, names, name) => [`const ${name} = JSON.parse('{"a":[1,2,{"b":null}],"é":"\\\\u0000","n":-1.5e3,"deep":${'['.repeat(random.below(40))}'.replace(/\\[*$/, (open) => open + '1' + ']'.repeat(open.length)) + '}');`],
  cycle: (random, names, name) => [`const ${name} = { held: ${random.one(names)}, list: [] };`, `${name}.self = ${name};`, `${name}.list.push(${name}, ${name}.list);`],
};

/** @type {Record<string, (random: Random, names: string[]) => string>} */
const USES = {
  read: (random, names) => `log.push(show(${random.one(names)}));`,
  write: (random, names) => `object(${random.one(names)})[${anyKey(random, names)}] = ${value(random, names)};`,
  grow: (random, names) => `const o = object(${random.one(names)}); for (let i = 0; i < ${size(random)}; i++) o['g' + i] = i;`,
  remove: (random, names) => `const o = object(${random.one(names)}); if (Object.prototype.toString.call(o) !== '[object Error]') for (const k of Reflect.ownKeys(o).slice(${random.below(3)})) if (Object.getOwnPropertyDescriptor(o, k)?.configurable) delete o[k];`,
  removeOne: (random, names) => `log.push(delete object(${random.one(names)})[${anyKey(random, names)}]);`,
  define: (random, names) => `const o = object(${random.one(names)}), k = ${anyKey(random, names)}; if (!Array.isArray(o) || k !== 'length') Object.defineProperty(o, k, ${random.one([
    `{ get() { return 1; }, configurable: true }`, `{ value: ${value(random, names)}, writable: ${random.one(['true', 'false'])} }`, `{ enumerable: false }`,
  ])});`,
  inherit: (random, names) => `Object.setPrototypeOf(object(${random.one(names)}), ${random.one(['null', 'Object.prototype', '{ inherited: 1 }', 'Array.prototype', `Object.create(null)`])});`,
  close: (random, names) => `const o = object(${random.one(names)}); if (!ArrayBuffer.isView(o)) Object.${random.one(['freeze', 'seal', 'preventExtensions'])}(o);`,
  append: (random, names) => `const l = ${random.one(names)}; if (Array.isArray(l)) { for (let i = 0; i < ${size(random)}; i++) l.push(i % 9 ? i : ${value(random, names)}); }`,
  listOf: (random, names) => `const l = ${random.one(names)}; if (Array.isArray(l)) log.push(show(l.${random.one(['slice(1)', 'reverse()', 'splice(1, 2, 7, 8, 9)', 'pop()', 'shift()', 'unshift(0, 1)', 'fill(3, 1, 4)', 'copyWithin(0, 2)', 'flat()', 'length = 1', 'sort(() => 0)', 'concat([1], 2)', 'at(-1)', 'indexOf(2)', 'map(typeOf => typeof typeOf)', 'toSorted((a, b) => (text(a) < text(b) ? -1 : Number(text(a) > text(b))))', 'with(0, 1)'])}));`,
  entries: (random, names) => `const m = ${random.one(names)}; if (m instanceof Map) { m.set(${value(random, names)}, 1); m.delete(${random.one(names)}); for (const [k] of m) { if (m.size < 2000) m.set('n' + m.size, k); m.delete(k); if (m.size < 2) break; if (++log.entries > 50) break; } log.entries = 0; }`,
  clear: (random, names) => `const m = ${random.one(names)}; if (m instanceof Map || m instanceof Set) { ${random.one(['m.clear();', 'm.delete(1);', 'for (const k of m.keys()) m.delete(k);'])} }`,
  members: (random, names) => `const s = ${random.one(names)}; if (s instanceof Set) { for (let i = 0; i < ${size(random)}; i++) s.add(i).add('s' + i); log.push(s.has(${random.one(names)}), s.size); }`,
  advance: (random, names) => `const g = ${random.one(names)}; if (typeof g?.next === 'function') log.push(show(await g.next(${value(random, names)})));`,
  finish: (random, names) => `const g = ${random.one(names)}; if (typeof g?.return === 'function') log.push(show(await g.return(${random.below(9)})));`,
  spread: (random, names) => `const g = ${random.one(names)}; if (typeof g?.[Symbol.iterator] === 'function' && typeof g.throw !== 'function') log.push(show([...g]));`,
  call: (random, names) => `const f = ${random.one(names)}; if (typeof f === 'function') { for (let i = 0; i < ${random.below(5) + 1}; i++) log.push(show(call(f, ${value(random, names)}))); }`,
  replace: (random, names) => `const f = ${random.one(names)}; if (typeof f?.replace === 'function' && typeof f === 'function') log.push(show(f.replace(${value(random, names)})));`,
  construct: (random, names) => `const c = ${random.one(names)}; if (typeof c?.constructor === 'function') log.push(show(typeof c.constructor), c instanceof c.constructor);`,
  secret: (random, names) => `const c = ${random.one(names)}; if (typeof c?.own === 'function') { log.push(show(c.own())); c.secret = ${value(random, names)}; log.push(show([...c]), c.constructor.has(c), c.constructor.made, new c.constructor().secret === c.secret); }`,
  shared: (random, names) => `const c = ${random.one(names)}; if (typeof c?.see === 'function') { log.push(show(c.see())); c.set(${value(random, names)}); log.push(show(c.see())); c.rest.next(); log.push(show(c.see())); c.rest.next(); log.push(show(c.see())); }`,
  settle: (random, names) => `const w = ${random.one(names)}; if (typeof w?.resolve === 'function') { w.${random.one(['resolve', 'resolve', 'reject'])}(${random.below(9)}); log.push(await w.task, show(w.seen)); }`,
  await: (random, names) => `log.push(show(await Promise.allSettled([${random.one(names)} instanceof Promise ? 0 : 1, Promise.resolve(${random.below(9)}).then((n) => n + 1)])));`,
  match: (random, names) => `const e = ${random.one(names)}; if (e instanceof RegExp) log.push(show(e.exec(repeated(${random.one(names)}, 3) + 'abXc-12x')), show('aab b-1 Xcab'.replace(e, '[$1]')), show('xay'.split(e)), e.lastIndex);`,
  chop: (random, names) => `log.push(show(text(${random.one(names)}).${random.one(['slice(1, 700)', 'toUpperCase()', 'split("").reverse().join("")', 'padEnd(800, "ab")', 'replaceAll("r", "RR")', 'at(-1)', 'codePointAt(2)', 'normalize("NFD")', 'trim()', 'localeCompare("a") === 0', 'isWellFormed()', 'indexOf("l1")', 'substring(3, 1)', 'concat("é")'].filter((each) => !each.includes('isWell')))}));`,
  prolong: (random, names) => `let t = text(${random.one(names)}); for (let i = 0; i < ${size(random)}; i++) t ${random.one(['+= i', "= i + t", "+= 'é'", '+= t.length'])}; log.push(show(t));`,
  asKey: (random, names) => `const k = key(${random.one(names)}); log.push(show({ [k]: 1, other: 2 }), k in object(${random.one(names)}));`,
  arithmetic: (random, names) => `const n = ${random.one(names)}; if (typeof n === 'bigint') log.push(show(n * n + 1n), show(-n), show(n >> 3n), show(BigInt.asUintN(70, n)), show(n % 97n), n > 5); else if (typeof n === 'number') log.push(show(n * 3), n | 0, n.toFixed(2), String(n / 7), n.toString(36).slice(0, 9));`,
  time: (random, names) => `const d = ${random.one(names)}; if (d instanceof Date) { d.setUTCDate(${random.below(60)}); log.push(JSON.stringify(d)); }`,
  view: (random, names) => `const a = ${random.one(names)}; if (ArrayBuffer.isView(a) && a.fill && typeof a[0] === 'number') { a[${random.below(9)}] = ${random.below(999)}; log.push(show(a.${random.one(['slice(1, 5)', 'subarray(1, 3)', 'toReversed()', 'sort()', 'map((n) => n + 1)', 'set([1, 2])', 'indexOf(3)', 'copyWithin(1, 0, 2)', 'join().length', 'filter((n) => n % 2)'])})); }`,
  resize: (random, names) => `const b = ${random.one(names)}; if (b instanceof ArrayBuffer) { if (b.resizable) b.resize(${random.below(4096)}); for (const each of b.views ?? []) { if (each instanceof DataView) each.setFloat32(0, 1.5); else if (each.length) each[0] = 77; } log.push(show(b)); }`,
  weakly: (random, names) => `const w = ${random.one(names)}; const k = object(${random.one(names)}); if (w instanceof WeakMap) { log.push(w.has(k), show(w.get(k))); w.set(k, ${value(random, names)}); for (let i = 0; i < ${size(random)}; i++) w.set({ i }, k); w.${random.one(['delete', 'get'])}(k); log.push(w.has(k)); } else if (w instanceof WeakSet) { log.push(w.has(k)); w.add(k).add([]); w.delete(k); log.push(w.has(k)); } else if (w instanceof WeakRef && isObject(w.strong)) log.push(show(w.deref()));`,
  clone: (random, names) => `log.push(show({ ...object(${random.one(names)}), ...[1, 2] }));`,
  assign: (random, names) => `const { a, ...rest } = object(${random.one(names)}); log.push(show([a, rest]));`,
  stringify: (random, names) => `const o = object(${random.one(names)}); let seen = new Set(); log.push(digest(String(JSON.stringify(o, (_, v) => { if (typeof v === 'bigint') return 'big'; if (isObject(v)) { if (seen.has(v) || seen.size > 300) return 'seen'; seen.add(v); } return v; }))));`,
  revoke: (random, names) => `const p = ${random.one(names)}; if (typeof p?.revoke === 'function') { log.push(show(p.proxy.a)); p.revoke(); log.push(p.proxy.a); }`,
  language: (random) => `const k = 'fuzz${random.below(3)}'; Object.defineProperty(${random.one(['Object', 'Array', 'String', 'Function', 'Map'])}.prototype, k, { value: ${random.below(9)}, configurable: true, writable: true }); log.push(String({}[k]), String([][k]), String(''[k]), String(show[k])); for (const c of [Object, Array, String, Function, Map]) delete c.prototype[k];`,
  override: (random, names) => `const old = Array.prototype.map; Array.prototype.map = function () { return ['mine', this.length]; }; try { log.push(show([1, ${value(random, names)}].map(1))); } finally { Array.prototype.map = old; }`,
  global: (random, names) => `globalThis.fuzzed = ${value(random, names)}; log.push(show(typeof fuzzed)); delete globalThis.fuzzed; log.push(typeof fuzzed);`,
  garbage: (random, names) => `for (let i = 0; i < ${random.one([10, 100, 1000, 3000])}; i++) { const o = { i, held: ${random.one(names)} }; o.self = o; o.list = [o, 'g' + i]; }`,
  muchGarbage: (random, names) => random.below(6) ? 'log.push(0);' : `let kept; for (let i = 0; i < 60000; i++) { const o = { i, held: ${random.one(names)}, prior: i % 100 ? kept : undefined }; o.self = o; o.list = [o, kept]; kept = o; } log.push(kept.i);`,
  swap: (random, names) => `const a = object(${random.one(names)}), b = object(${random.one(names)}); [a.x1, b.x1] = [b.x1, a.x1]; log.push(show(a.x1));`,
  labels: (random, names) => `outer: for (const k in object(${random.one(names)})) { for (const c of 'ab') { if (k === 'b') continue outer; log.push(show(k).slice(0, 20) + c); if (log.length > 900) break outer; } }`,
  throwing: (random, names) => `try { throw ${value(random, names)}; } catch (thrown) { log.push(show(thrown)); } finally { log.push('finally'); }`,
};
