/**
 * Everything of the SDK that goes into a bundle for StarlingMonkey.
 */
import './environment.js';

export * from '../runtime.js';
