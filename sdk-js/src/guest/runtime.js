/**
 * Everything of the SDK that goes into a bundle. Bundled by itself, so that none of its names meets an author's.
 */
import './globals.js';
import './crypto-streams.js';

export { connector } from './connector.js';
export * as nodeBuffer from './node-buffer.js';
export * as nodeCrypto from './crypto/node-crypto.js';
