/**
 * Decodes by the tables that the build puts into a bundle.
 */

/** @typedef {import('../../code/encodings.js').Encoding} Encoding */

const FIRST_TRAIL = 0x40;
const NONE = '\uFFFD';
/** @type {Record<string, string>} */
const ALIASES = {
  'gb2312': 'gbk', 'gb_2312': 'gbk', 'x-gbk': 'gbk', chinese: 'gbk', 'big5-hkscs': 'big5', sjis: 'shift_jis', 'shift-jis': 'shift_jis', 'windows-31j': 'shift_jis',
  'x-sjis': 'shift_jis', ms_kanji: 'shift_jis', 'ks_c_5601-1987': 'euc-kr', 'windows-949': 'euc-kr', korean: 'euc-kr',
};

/**
 * @param {string} label
 * @returns {[string | undefined, Encoding?]}
 */
export function tableNamed(label) {
  const name = ALIASES[label] ?? label.replace(/^cp(125\d)$/, 'windows-$1').replace(/^iso8859-/, 'iso-8859-');
  const table = globalThis.__patchbayEncodings?.[name];
  return table === undefined ? [undefined] : [name, table];
}

/**
 * Whether bytes end with the first half of a character.
 * @param {Uint8Array} bytes
 * @param {Encoding} table
 */
export function isUnfinished(bytes, table) {
  let at = 0;
  while (at < bytes.length) at += isLead(bytes[at], table) ? 2 : 1;
  return at > bytes.length;
}

/**
 * @param {Uint8Array} bytes
 * @param {Encoding} table
 * @param {boolean} isFatal
 */
export function decodeByTable(bytes, table, isFatal) {
  const parts = [];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte < 0x80) {
      parts.push(String.fromCharCode(byte));
      continue;
    }
    const row = isLead(byte, table) ? table.double[byte] : undefined;
    const character = row === undefined ? table.single[byte - 0x80] : (characters(row)[bytes[at + 1] - FIRST_TRAIL] ?? NONE);
    if (character === NONE && isFatal) throw new TypeError('The bytes are not valid in this encoding');
    parts.push(character);
    // An ASCII byte is never lost to a broken character before it.
    if (row !== undefined && !(character === NONE && bytes[at + 1] < 0x80)) at++;
  }
  return parts.join('');
}

/** @type {Map<string, string[]>} */
const taken = new Map();

/**
 * A row may hold characters of two units.
 * @param {string} row
 */
function characters(row) {
  const found = taken.get(row) ?? [...row];
  taken.set(row, found);
  return found;
}

/**
 * @param {number} byte
 * @param {Encoding} table
 */
function isLead(byte, table) {
  return byte >= 0x80 && table.double[byte] !== undefined;
}
