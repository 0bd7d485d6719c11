/**
 * Formats one webhook request and its outcome for a terminal. Pure.
 */
import { printable, printableLine } from '../terminal.js';

/**
 * @param {any} request one of `/v1/webhook-requests/{id}`
 * @returns {string} lines, without a trailing line break
 */
export function formatRequest(request) {
  const { received = {}, answer, status, handledInMs, replayOf } = request;
  const time = request.receivedAt.slice(11, 19);
  const query = received.query ? `?${received.query}` : '';
  const head = printableLine(`${time}  ${received.method ?? ''} ${request.globalWebhookKey}${received.path ?? ''}${query} → ${answer} ${status} in ${handledInMs} ms`);
  return [
    replayOf === undefined ? head : `${head} (replay of ${replayOf})`,
    ...(request.log ?? []).map((/** @type {string} */ line) => `    console  ${indented(line)}`),
    ...(request.events ?? []).map(formatEvent),
    ...(request.refusedEvents ?? []).map((/** @type {any} */ each) => printableLine(`    refused  events[${each.index}]: ${each.message}`)),
    ...formatError(request.error),
  ].join('\n');
}

/** @param {any} event */
function formatEvent({ selectors, deliveries = [], reason, providerId }) {
  const id = providerId === undefined ? '' : ` (id ${providerId})`;
  const to = deliveries.map((/** @type {any} */ each) => `${each.customer} (${each.status})`).join(', ');
  return printableLine(`    event    ${selectors.join(', ')}${id} → ${to || `nobody: ${reason ?? 'no subscription'}`}`);
}

/** @param {any} error */
function formatError(error) {
  if (error === undefined || error === null) return [];
  const stack = error.stack ? [`             ${indented(error.stack)}`] : [];
  return [`    error    ${indented(error.message)}`, ...stack];
}

/** @param {string} text */
function indented(text) {
  return printable(text).trimEnd().replaceAll('\n', '\n             ');
}
