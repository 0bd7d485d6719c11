/**
 * What exists only inside the sandbox: the imports of the contract, and the source map that the build puts there.
 * For the SDK's own code, not for authors.
 */

declare module 'patchbay:connector/log@0.1.0' {
  export function write(level: import('./wit.js').LogLevel, message: string): void;
}

declare module 'patchbay:connector/api-client@0.1.0' {
  export function send(requests: import('./wit.js').ApiRequest[]): import('./wit.js').ApiResult[];
}

declare module 'patchbay:connector/crypto@0.1.0' {
  type Hash = 'sha1' | 'sha256' | 'sha384' | 'sha512';
  type Scheme =
    | { tag: 'ed25519' }
    | { tag: 'ecdsa-p256-der' | 'ecdsa-p256-raw' | 'rsa-pkcs1' | 'rsa-pss'; val: Hash };
  export function digest(hash: Hash, data: Uint8Array): Uint8Array;
  export function hmac(hash: Hash, key: Uint8Array, data: Uint8Array): Uint8Array;
  export function equal(a: Uint8Array, b: Uint8Array): boolean;
  export function verify(scheme: Scheme, publicKey: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean;
  export function sign(scheme: Scheme, privateKey: Uint8Array, data: Uint8Array): Uint8Array;
}

/** Tables of encodings that the code names, for an engine without them. */
declare var __patchbayEncodings: Record<string, import('../src/code/encodings.js').Encoding> | undefined;
declare var __patchbaySourceMap: import('../src/guest/source-map.js').AuthorMap | undefined;

/** Packages without types that stand in for modules of node. */
declare module 'assert/';
declare module 'assert/build/internal/util/comparisons.js';
declare module 'events/';
declare module 'path-browserify';
declare module 'punycode/';
declare module 'readable-stream/lib/stream.js';
declare module 'readable-stream/lib/stream/promises.js';
declare module 'string_decoder/';
declare module 'util/';
declare module 'patchbay-sdk:node-names' {
  export const builtinModules: string[];
}
