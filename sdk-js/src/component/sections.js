/**
 * Reads and writes the sections of a WebAssembly binary. Knows nothing of what is in them, but for the names of custom ones.
 */

const CUSTOM_SECTION = 0;
const HEADER_BYTES = 8;
const COMPONENT_HEADER = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];

/**
 * The binary with one more custom section at its end.
 * @param {Uint8Array} binary
 * @param {string} name
 * @param {string} text
 */
export function appendSection(binary, name, text) {
  const nameBytes = Buffer.from(name);
  const content = Buffer.concat([leb128(nameBytes.length), nameBytes, Buffer.from(text)]);
  return Buffer.concat([binary, Buffer.of(CUSTOM_SECTION), leb128(content.length), content]);
}

/**
 * The content of the first custom section of that name on the outermost level.
 * @param {Uint8Array} binary
 * @param {string} name
 * @returns {Buffer | undefined}
 */
export function findSection(binary, name) {
  for (const { id, content } of sectionsOf(binary)) {
    if (id !== CUSTOM_SECTION) continue;
    const { value: length, next } = readLeb128(content, 0);
    if (content.toString('utf8', next, next + length) === name) return content.subarray(next + length);
  }
  return undefined;
}

/**
 * The sections of a module or a component, in order.
 * @param {Uint8Array} binary
 * @returns {Generator<{ id: number, content: Buffer }>}
 */
export function* sectionsOf(binary) {
  const bytes = Buffer.from(binary.buffer, binary.byteOffset, binary.byteLength);
  for (let offset = HEADER_BYTES; offset < bytes.length; ) {
    const { value: size, next } = readLeb128(bytes, offset + 1);
    if (next + size > bytes.length) throw new RangeError('the file ends in the middle of a section');
    yield { id: bytes[offset], content: bytes.subarray(next, next + size) };
    offset = next + size;
  }
}

/**
 * The binary with other sections.
 * @param {Uint8Array} binary
 * @param {{ id: number, content: Uint8Array }[]} sections
 */
export function withSections(binary, sections) {
  const written = sections.flatMap(({ id, content }) => [Buffer.of(id), leb128(content.length), content]);
  return Buffer.concat([binary.subarray(0, HEADER_BYTES), ...written]);
}

/**
 * Why the bytes are no component; undefined if they are one.
 * @param {Uint8Array} binary
 */
export function whyNotComponent(binary) {
  if (COMPONENT_HEADER.every((byte, index) => binary[index] === byte)) return undefined;
  if (COMPONENT_HEADER.slice(0, 4).every((byte, index) => binary[index] === byte)) {
    return 'it is a core WebAssembly module; turn it into a component with `wasm-tools component new`';
  }
  return 'it is not a WebAssembly file';
}

/** @param {number} value a whole number, not negative */
export function leb128(value) {
  const bytes = [];
  do {
    const rest = Math.floor(value / 128);
    bytes.push((value % 128) + (rest > 0 ? 128 : 0));
    value = rest;
  } while (value > 0);
  return Buffer.from(bytes);
}

/**
 * @param {Buffer} bytes
 * @param {number} offset
 */
export function readLeb128(bytes, offset) {
  let value = 0;
  for (let index = 0; index < 5; index++) {
    const byte = bytes[offset + index];
    if (byte === undefined) break;
    value += (byte % 128) * 128 ** index;
    if (byte < 128) return { value, next: offset + index + 1 };
  }
  throw new RangeError('a section has no valid size');
}
