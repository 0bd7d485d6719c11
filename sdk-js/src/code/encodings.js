/**
 * Tables of character encodings for `TextDecoder` on an engine that knows only the few that are the web's own. They come from
 * Node.js, and only those that the code names go into a bundle.
 */

/** What code may write, and the encoding that is meant. */
const NAMES = [
  [/gbk|gb_?2312/i, 'gbk'],
  [/gb18030/i, 'gb18030'],
  [/big-?5/i, 'big5'],
  [/shift[-_]?jis|sjis|windows-31j/i, 'shift_jis'],
  [/euc-jp/i, 'euc-jp'],
  [/euc-kr|ks_c_5601|windows-949/i, 'euc-kr'],
  [/koi8-r/i, 'koi8-r'],
  [/koi8-u/i, 'koi8-u'],
  [/macintosh/i, 'macintosh'],
  ...[1250, 1251, 1253, 1254, 1255, 1256, 1257, 1258].map((page) => /** @type {const} */ ([new RegExp(`(windows-|cp)${page}`, 'i'), `windows-${page}`])),
  ...[2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15].map((part) => /** @type {const} */ ([new RegExp(`iso-?8859-${part}\\b`, 'i'), `iso-8859-${part}`])),
];
const MADE = /\bTextDecoder\(\s*["'`]([\w-]+)/g;
const HIGH = Array.from({ length: 0x80 }, (_, index) => index + 0x80);
const TRAILS = Array.from({ length: 0x100 - 0x40 }, (_, index) => index + 0x40);
/** Stands for what no character belongs to. */
const NONE = '\uFFFD';

/** @type {Map<string, Encoding>} */
const made = new Map();

/**
 * @typedef {object} Encoding
 * @property {string} single the characters of the bytes from 0x80 on
 * @property {Record<number, string>} double by the first byte, the characters of the second bytes from 0x40 on
 */

/**
 * @param {string} text the author's files
 * @param {string} code the whole bundle: packages that name encodings by the dozen bring tables of their own, so here a name counts
 *   only where a decoder is made
 * @returns {string} a script that lays the tables of all encodings named in it where the decoder finds them, or nothing
 */
export function encodingTables(text, code) {
  if (!code.includes('TextDecoder')) return '';
  const written = [text, ...[...code.matchAll(MADE)].map(([, name]) => name)].join('\n');
  const named = NAMES.filter(([pattern]) => /** @type {RegExp} */ (pattern).test(written)).map(([, name]) => /** @type {string} */ (name));
  if (named.length === 0) return '';
  return `globalThis.__patchbayEncodings=${JSON.stringify(Object.fromEntries(named.map((name) => [name, tableOf(name)])))};\n`;
}

/** @param {string} name */
function tableOf(name) {
  const table = made.get(name) ?? decoded(name);
  made.set(name, table);
  return table;
}

/**
 * @param {string} name
 * @returns {Encoding}
 */
function decoded(name) {
  const decoder = new TextDecoder(name, { fatal: true });
  const character = (/** @type {number[]} */ ...bytes) => {
    try {
      const text = decoder.decode(Uint8Array.from(bytes));
      return [...text].length === 1 ? text : NONE;
    } catch {
      return NONE;
    }
  };
  const single = HIGH.map((byte) => character(byte));
  /** @type {Record<number, string>} */
  const double = {};
  for (const lead of HIGH.filter((_, index) => single[index] === NONE)) {
    const row = TRAILS.map((trail) => character(lead, trail));
    if (row.some((each) => each !== NONE)) double[lead] = row.join('');
  }
  return { single: single.join(''), double };
}
