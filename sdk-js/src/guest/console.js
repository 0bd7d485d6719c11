/**
 * Sends what a connector prints to the log of its call.
 * While the bundle is built there is no host yet; what is printed then goes to the terminal of the build.
 */
import { write } from 'patchbay:connector/log@0.1.0';
import { formatLine } from './format-line.js';

/** @type {Record<string, import('../../types/wit.js').LogLevel>} */
const LEVELS = { debug: 'debug', trace: 'debug', log: 'info', info: 'info', dir: 'info', warn: 'warn', error: 'error' };

let isRunning = false;

/** Replaces the methods of `console` that print a line. */
export function installConsole() {
  for (const [name, level] of Object.entries(LEVELS)) {
    const print = console.log.bind(console);
    Object.defineProperty(console, name, {
      value: (/** @type {unknown[]} */ ...args) => (isRunning ? write(level, formatLine(args)) : print(formatLine(args))),
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
}

/** Whether the bundle is not being built any more. */
export function hasHost() {
  return isRunning;
}

/** Says that the host is there from now on. */
export function connectConsole() {
  isRunning = true;
}
