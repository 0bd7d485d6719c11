/**
 * Connector folders for tests, written to a temporary place and removed afterwards.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';

/** A folder without mistakes. */
export const SOUND = {
  'spec.yml': 'key: sound\nname: Sound\n',
  'examples/none.json': '{}',
  'global-webhooks/hook/spec.yml': 'key: hook\nname: Hook\nmethods:\n  handle:\n    implementationType: javascript\n',
  'global-webhooks/hook/handle.js': 'export default function handle() {}\n',
  'events/happened/spec.yml':
    'key: happened\nname: Happened\nimplementationType: global-webhook\nmethods:\n  get-event-selector:\n    implementationType: javascript\n',
  'events/happened/get-event-selector.js':
    "export default function select() {\n  return { globalWebhookKey: 'hook', globalWebhookEventSelector: 'a' };\n}\n",
};

/**
 * Writes a folder: the sound one with changes. `null` leaves a file out.
 * @param {Record<string, string | null>} [changes]
 */
export async function folderWith(changes = {}) {
  const root = await mkdtemp(join(tmpdir(), 'patchbay-sdk-test-'));
  after(() => rm(root, { recursive: true, force: true }));
  for (const [file, text] of Object.entries({ ...SOUND, ...changes })) {
    if (text === null) continue;
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), text);
  }
  return root;
}
