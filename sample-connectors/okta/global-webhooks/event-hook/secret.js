/**
 * Tells which organisations a request may be from: those whose secret is in its Authorization header. Nearly always
 * one, or none.
 * Never stops at the first one, and never compares in a time that tells how much was right.
 */
import { Buffer } from 'node:buffer'
import { timingSafeEqual } from 'node:crypto'

/** @returns {string[]} */
export function organisationsOfSecret({ headers, parameters }) {
  const secrets = Object.entries(parameters.organisationSecrets ?? {})
  // Without secrets everything would have to be refused; an error says why.
  if (secrets.length === 0 || secrets.some(([, secret]) => typeof secret !== 'string' || secret === '')) {
    throw new Error('The connector parameter `organisationSecrets` is not set. Give the secret of each organisation.')
  }
  const given = Buffer.from(headers.authorization ?? '')
  return secrets.filter(([, secret]) => isSame(given, Buffer.from(secret))).map(([organisation]) => organisation)
}

function isSame(given, expected) {
  return given.length === expected.length && timingSafeEqual(given, expected)
}
