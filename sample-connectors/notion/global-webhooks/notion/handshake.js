/**
 * Recognises the request with which Notion hands over the verification token, the key of all later signatures.
 * Never keeps, logs or uses that token: anybody can send one. A person takes it from the recorded request and sets it
 * as a parameter; once it is set, no handshake counts.
 */

const TOKEN = /^secret_[\w-]{8,200}$/

export function isAwaitedHandshake({ data, parameters }) {
  if (parameters.verificationToken !== undefined) return false
  if (typeof data !== 'object' || data === null || Object.keys(data).join() !== 'verification_token') return false
  return typeof data.verification_token === 'string' && TOKEN.test(data.verification_token)
}
