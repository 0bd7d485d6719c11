/**
 * Says which events belong to a subscription to one board: those of that board in the account whose token the
 * connection has. A board of another account has no events here.
 */
import { accountOfConnection, numberOf } from '../../lib/accounts.js'

/** @type {import('@patchbay/sdk').GetEventSelector} */
export default async function getEventSelector({ apiClient, parameters }) {
  const board = numberOf(parameters.boardId)
  if (board === undefined) throw new Error('parameters.boardId is not the id of a board.')
  return {
    globalWebhookKey: 'board',
    globalWebhookEventSelector: `${await accountOfConnection(apiClient)}:board:${board}`,
  }
}
