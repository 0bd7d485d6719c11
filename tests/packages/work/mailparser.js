// reads a whole e-mail: headers, charsets, parts and an attachment
import { simpleParser } from 'mailparser';

const MAIL = ['From: =?utf-8?Q?J=C3=BCrgen?= <j@example.com>', 'To: a@example.com, "B" <b@example.com>', 'Subject: =?iso-8859-1?Q?Gr=FC=DFe?=', 'Date: Tue, 14 Nov 2023 22:13:20 +0000', 'Message-ID: <1@example.com>', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=x', '', '--x', 'Content-Type: text/plain; charset=iso-8859-1', 'Content-Transfer-Encoding: quoted-printable', '', 'Sch=F6ne Gr=FC=DFe', '--x', 'Content-Type: application/pdf; name=a.pdf', 'Content-Transfer-Encoding: base64', 'Content-Disposition: attachment; filename=a.pdf', '', 'aGVsbG8=', '--x--', ''].join('\r\n');

export default async function work() {
  const mail = await simpleParser(MAIL, { checksumAlgo: 'sha256' });
  return [mail.from.value, mail.to.text, mail.subject, mail.date, mail.messageId, mail.text, mail.attachments.map(({ filename, size, checksum, content }) => [filename, size, checksum, content.toString()])];
}
