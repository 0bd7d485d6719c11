/**
 * A `console` where the engine has none. The methods that print a line are put in place afterwards, by ../console.js;
 * these are the rest, in terms of those.
 */

// @ts-ignore: this module exists only inside the component.
import { write } from 'patchbay:connector/log@0.1.0';

/** @type {Map<string, number>} */
const counts = new Map();
/** @type {Map<string, number>} */
const starts = new Map();

/** @type {Record<string, (...args: any[]) => void>} */
export const bareConsole = {
  log: (line) => write('info', line),
  assert: (condition, ...args) => condition || console.error('Assertion failed:', ...args),
  clear: () => undefined,
  count: (label = 'default') => {
    counts.set(label, (counts.get(label) ?? 0) + 1);
    console.info(`${label}: ${counts.get(label)}`);
  },
  countReset: (label = 'default') => counts.delete(label),
  dirxml: (...args) => console.info(...args),
  group: (...args) => args.length > 0 && console.info(...args),
  groupCollapsed: (...args) => args.length > 0 && console.info(...args),
  groupEnd: () => undefined,
  table: (...args) => console.info(...args),
  time: (label = 'default') => starts.set(label, Date.now()),
  timeLog: (label = 'default', ...args) => console.info(`${label}: ${Date.now() - (starts.get(label) ?? Date.now())} ms`, ...args),
  timeEnd: (label = 'default') => {
    bareConsole.timeLog(label);
    starts.delete(label);
  },
};
