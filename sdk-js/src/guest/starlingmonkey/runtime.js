/**
 * Everything of the SDK that goes into a bundle for StarlingMonkey. The engine cannot tell which numbers it has parsed, and a
 * search in JavaScript takes as long as parsing, so for the body of a request the host says it.
 */
import './environment.js';
// @ts-ignore: this module exists only inside the component.
import { bodyHasUnusualNumbers } from 'patchbay:connector/json@0.1.0';
import { detectBodyNumbersBy } from '../json.js';

export * from '../runtime.js';

detectBodyNumbersBy(bodyHasUnusualNumbers);
