/**
 * The selector of a mailbox. The webhook and the event both take it from here, so that they cannot drift apart. Pure.
 * Never makes a selector of anything but an address.
 */

const ADDRESS = /^[^\s@:,;<>"]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+$/

/** Undefined if it is no address. Gmail does not tell capital letters from small ones. */
export function mailboxSelector(emailAddress) {
  if (typeof emailAddress !== 'string' || emailAddress.length > 254) return undefined
  const address = emailAddress.toLowerCase()
  return ADDRESS.test(address) ? `mailbox:${address}` : undefined
}
