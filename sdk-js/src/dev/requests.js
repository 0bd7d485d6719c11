/**
 * Prints each new webhook request of an integration. Polls the host; a failed poll is retried.
 */
import { formatRequest } from './format-request.js';

const POLL_INTERVAL_MS = 300;
const LIMIT = 50;

/**
 * @param {import('../host/api.js').Host} host
 * @param {string} integration
 * @param {(text: string) => void} show
 * @returns {Promise<() => void>} stops polling; earlier requests are not printed
 */
export async function followRequests(host, integration, show) {
  const list = async () => (await host.get(`/v1/webhook-requests?integration=${integration}&limit=${LIMIT}`)).items;
  const seen = new Set((await list()).map((/** @type {any} */ each) => each.id));
  let isStopped = false;

  async function look() {
    const fresh = (await list()).filter((/** @type {any} */ each) => !seen.has(each.id)).reverse();
    for (const { id } of fresh) {
      const request = await host.get(`/v1/webhook-requests/${id}`);
      seen.add(id);
      show(formatRequest(request));
    }
    // Ids sort by time, and only the newest can be listed again.
    for (const id of [...seen].sort().slice(0, -4 * LIMIT)) seen.delete(id);
  }

  (async () => {
    while (!isStopped) {
      await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
      if (!isStopped) await look().catch(() => undefined);
    }
  })();
  return () => {
    isStopped = true;
  };
}
