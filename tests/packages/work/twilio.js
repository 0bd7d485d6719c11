// checks request signatures, makes TwiML
import twilio from 'twilio';

export default function work() {
  const url = 'https://example.com/hook?a=1';
  const params = { From: '+15551234567', Body: 'Grüße', To: '+1' };
  const expected = twilio.getExpectedTwilioSignature('token', url, params);
  const answer = new twilio.twiml.VoiceResponse();
  answer.say({ voice: 'alice' }, 'Hello <you> & me');
  answer.gather({ numDigits: 1 }).say('Press');
  const message = new twilio.twiml.MessagingResponse();
  message.message('hi');
  return [expected, twilio.validateRequest('token', expected, url, params), twilio.validateRequest('token', 'x', url, params), answer.toString(), message.toString()];
}
