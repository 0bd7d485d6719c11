/**
 * Judges the signature of a message against the certificates that the operator checked and gave.
 * Never takes a certificate from anywhere else: the URL in a message only says which of them is meant.
 */
import { Buffer } from 'node:buffer'
import { createPublicKey, verify } from 'node:crypto'

const CERTIFICATE_URL =
  /^https:\/\/sns\.[a-z]{2}(-[a-z]+)+-\d\.amazonaws\.com(\.cn)?\/SimpleNotificationService-[0-9a-f]{32,64}\.pem$/
const HASHES = new Map([['1', 'sha1'], ['2', 'sha256']])
const SIGNATURE = /^[A-Za-z0-9+/]{300,800}={0,2}$/
const NOTIFICATION_FIELDS = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
const CONFIRMATION_FIELDS = ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']

/** @returns {'right' | 'wrong' | 'unknown-certificate'} */
export function judge(message, { signingCertificates }) {
  // Without a certificate everything would have to be refused; an error says why.
  if (typeof signingCertificates !== 'object' || signingCertificates === null) {
    throw new Error('The connector parameter `signingCertificates` is not set. Give the certificate of each region.')
  }
  const { SigningCertURL, SignatureVersion, Signature } = message
  const hash = HASHES.get(SignatureVersion)
  const isReadable = hash !== undefined && typeof Signature === 'string' && SIGNATURE.test(Signature)
  if (!isReadable || typeof SigningCertURL !== 'string' || !CERTIFICATE_URL.test(SigningCertURL)) return 'wrong'
  if (!Object.hasOwn(signingCertificates, SigningCertURL)) return 'unknown-certificate'
  const key = createPublicKey(signingCertificates[SigningCertURL])
  return verify(hash, Buffer.from(signedText(message)), key, Buffer.from(Signature, 'base64')) ? 'right' : 'wrong'
}

/** The fields that SNS signs: name and value, each with a line break. A field that is not there is left out. */
function signedText(message) {
  const fields = message.Type === 'Notification' ? NOTIFICATION_FIELDS : CONFIRMATION_FIELDS
  return fields.flatMap((name) => (typeof message[name] === 'string' ? [`${name}\n${message[name]}\n`] : [])).join('')
}
