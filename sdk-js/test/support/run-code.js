/**
 * Runs the bundled code of a folder in node, with the contract's functions replaced: quick, and enough for whatever
 * does not depend on the engine.
 */
import { bundleCode } from '../../src/code/bundle-code.js';
import { engineNamed } from '../../src/engines.js';
import { readFolder } from '../../src/folder/read-folder.js';
import { Problems } from '../../src/problems.js';

/**
 * @param {string} folder
 * @param {{ send?: Function }} [contract]
 */
export async function runCode(folder, contract = {}) {
  const problems = new Problems();
  const connector = await readFolder(folder, problems);
  const { code } = await bundleCode(connector, engineNamed(), problems);
  if (code === undefined || problems.hasErrors) throw new Error(JSON.stringify(problems.list));
  const log = [];
  globalThis.__contract = { write: (level, message) => log.push(`${level}: ${message}`), send: contract.send, bodyHasUnusualNumbers: () => true };
  const own = code.replace(/import\{([^}]*)\}from"patchbay:connector\/[^"]*";/g, (_, names) =>
    `const {${names.replaceAll(' as ', ':')}}=globalThis.__contract;`,
  );
  const kept = Object.fromEntries(['log', 'info', 'debug', 'warn', 'error', 'trace', 'dir'].map((each) => [each, console[each]]));
  const owners = [[globalThis, 'crypto', 'fetch', 'Buffer', 'structuredClone', 'process', 'setImmediate', 'clearImmediate', 'self'], [JSON, 'parse', 'stringify'], [Response.prototype, 'json'], [Request.prototype, 'json']];
  const replaced = owners.flatMap(([owner, ...names]) => names.map((name) => [owner, name, Object.getOwnPropertyDescriptor(owner, name)]));
  try {
    const methods = await import(`data:text/javascript,${encodeURIComponent(own)}`);
    return { ...methods, log, code };
  } finally {
    Object.assign(console, kept);
    for (const [owner, name, descriptor] of replaced) {
      if (descriptor === undefined) delete owner[name];
      else Object.defineProperty(owner, name, descriptor);
    }
  }
}

/** A webhook request of the contract. */
export function webhookRequest(changes = {}) {
  return {
    webhookKey: 'hook',
    method: 'POST',
    url: 'https://hooks.example.com/t',
    path: '',
    query: [],
    headers: [],
    body: { bytes: new Uint8Array(), content: { tag: 'empty' }, decoded: undefined },
    parameters: '{}',
    receivedAt: '2026-01-02T03:04:05.678Z',
    ...changes,
  };
}
