/**
 * Everything of the SDK that goes into a bundle. Bundled by itself, so that none of its names meets an author's.
 */
import './globals.js';

export { connector } from './connector.js';
export * as nodeBuffer from 'buffer';
export * as nodeCrypto from './crypto/node-crypto.js';
