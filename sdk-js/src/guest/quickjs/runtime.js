/**
 * Everything of the SDK that goes into a bundle for QuickJS: what the engine lacks, then what every bundle has.
 */
import './environment.js';

export * from '../runtime.js';
export { forgetRandom } from './random.js';
export { runNextTimer } from './timers.js';
