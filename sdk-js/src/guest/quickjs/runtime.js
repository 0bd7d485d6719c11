/**
 * Everything of the SDK that goes into a bundle for QuickJS: what the engine lacks, then what every bundle has.
 */
import './environment.js';

export * from '../runtime.js';
export { makeRoom } from './snapshot.js';
export { run } from './run.js';
