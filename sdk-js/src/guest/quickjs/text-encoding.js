/**
 * `TextEncoder` and `TextDecoder`, for UTF-8, UTF-16, Latin-1 (windows-1252), and the encodings whose tables are in the bundle.
 * Other names are refused.
 */
import { asBytes } from '../binary.js';
import { decodeByTable, isUnfinished, tableNamed } from './encoding-tables.js';
import { binaryOf, decodeUtf8, encodeUtf8, unfinishedBytes } from './utf8.js';

const BYTE_ORDER_MARK = '\uFEFF';
const CHUNK_UNITS = 4096;
const NONE = new Uint8Array();

/** @type {Record<string, string>} */
const LABELS = {
  'utf-8': 'utf-8', utf8: 'utf-8', 'unicode-1-1-utf-8': 'utf-8',
  'utf-16le': 'utf-16le', 'utf-16': 'utf-16le', 'ucs-2': 'utf-16le', unicode: 'utf-16le',
  'utf-16be': 'utf-16be',
  'windows-1252': 'windows-1252', cp1252: 'windows-1252', latin1: 'windows-1252', l1: 'windows-1252', 'iso-8859-1': 'windows-1252',
  iso88591: 'windows-1252', 'iso8859-1': 'windows-1252', ascii: 'windows-1252', 'us-ascii': 'windows-1252',
};

/** The characters of the bytes 0x80 to 0x9F. */
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8DŽ\x8F\x90‘’“”•–—˜™š›œ\x9DžŸ';

export class TextEncoder {
  get encoding() {
    return 'utf-8';
  }

  /** @param {string} [text] */
  encode(text = '') {
    return encodeUtf8(String(text));
  }

  /**
   * @param {string} text
   * @param {Uint8Array} target
   */
  encodeInto(text, target) {
    let read = 0;
    let written = 0;
    for (const character of String(text)) {
      const bytes = encodeUtf8(character);
      if (written + bytes.length > target.length) break;
      target.set(bytes, written);
      written += bytes.length;
      read += character.length;
    }
    return { read, written };
  }
}

export class TextDecoder {
  #encoding;
  #isFatal;
  #ignoresMark;
  /** @type {Uint8Array} the beginning of a character, when a stream was cut inside of it */
  #rest = NONE;
  #isStarted = false;
  #table;

  /**
   * @param {string} [label]
   * @param {{ fatal?: boolean, ignoreBOM?: boolean }} [options]
   */
  constructor(label = 'utf-8', { fatal = false, ignoreBOM = false } = {}) {
    const [name, table] = named(String(label).trim().toLowerCase());
    if (name === undefined) {
      throw new RangeError(`There is no encoding ${JSON.stringify(label)} here: beside utf-8, utf-16le, utf-16be and windows-1252 there are those that the code names. Write its name out.`);
    }
    this.#encoding = name;
    this.#table = table;
    this.#isFatal = Boolean(fatal);
    this.#ignoresMark = Boolean(ignoreBOM);
  }

  get encoding() {
    return this.#encoding;
  }

  get fatal() {
    return this.#isFatal;
  }

  get ignoreBOM() {
    return this.#ignoresMark;
  }

  /**
   * @param {ArrayBuffer | ArrayBufferView} [input]
   * @param {{ stream?: boolean }} [options]
   */
  decode(input = new Uint8Array(), { stream = false } = {}) {
    const given = input instanceof Uint8Array ? input : asBytes(input);
    if (given === undefined) throw new TypeError('decode needs an ArrayBuffer or a view of one');
    const bytes = this.#rest.length === 0 ? given : joined(this.#rest, given);
    const kept = stream ? this.#unfinished(bytes) : 0;
    this.#rest = kept === 0 ? NONE : bytes.slice(bytes.length - kept);
    let text = this.#decoded(kept === 0 ? bytes : bytes.subarray(0, bytes.length - kept));
    if (!this.#isStarted && !this.#ignoresMark && this.#encoding.startsWith('utf-') && text.startsWith(BYTE_ORDER_MARK)) text = text.slice(1);
    this.#isStarted = stream && (this.#isStarted || bytes.length > kept);
    return text;
  }

  /** @param {Uint8Array} bytes */
  #unfinished(bytes) {
    if (this.#encoding === 'utf-8') return unfinishedBytes(bytes);
    if (this.#table !== undefined) return isUnfinished(bytes, this.#table) ? 1 : 0;
    return this.#encoding === 'windows-1252' ? 0 : bytes.length % 2;
  }

  /** @param {Uint8Array} bytes */
  #decoded(bytes) {
    if (this.#encoding === 'utf-8') return decodeUtf8(bytes, this.#isFatal);
    if (this.#table !== undefined) return decodeByTable(bytes, this.#table, this.#isFatal);
    if (this.#encoding === 'windows-1252') {
      return binaryOf(bytes).replace(/[\x80-\x9f]/g, (each) => WINDOWS_1252[each.charCodeAt(0) - 0x80]);
    }
    return decodeUtf16(bytes, this.#encoding === 'utf-16le', this.#isFatal);
  }
}

/**
 * @param {string} label
 * @returns {[string | undefined, import('./encoding-tables.js').Encoding?]}
 */
function named(label) {
  return label in LABELS ? [LABELS[label]] : tableNamed(label);
}

/**
 * @param {Uint8Array} bytes
 * @param {boolean} isLittleEndian
 * @param {boolean} isFatal
 */
function decodeUtf16(bytes, isLittleEndian, isFatal) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = '';
  for (let at = 0; at + 1 < bytes.length; at += CHUNK_UNITS * 2) {
    const units = [];
    for (let unit = at; unit + 1 < bytes.length && unit < at + CHUNK_UNITS * 2; unit += 2) units.push(view.getUint16(unit, isLittleEndian));
    text += String.fromCharCode(...units);
  }
  if (bytes.length % 2 === 1) text += '\uD800';
  if (isFatal && !text.isWellFormed()) throw new TypeError('The bytes are not valid UTF-16');
  return text.toWellFormed();
}

/**
 * @param {Uint8Array} first
 * @param {Uint8Array} second
 */
function joined(first, second) {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
