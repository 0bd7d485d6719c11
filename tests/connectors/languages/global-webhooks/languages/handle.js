// Answers with dates and numbers in languages and zones, as Node.js writes them.
const at = new Date('2026-03-29T00:30:00.000Z')

export default function handle() {
  return {
    response: {
      data: [
        at.toLocaleDateString('de-DE', { timeZone: 'America/New_York' }),
        at.toLocaleTimeString('en-GB', { timeZone: 'Europe/Berlin' }),
        at.toLocaleDateString('de-DE', { dateStyle: 'full', timeZone: 'Europe/Berlin' }),
        new Intl.DateTimeFormat('ja', { dateStyle: 'long', timeZone: 'Asia/Tokyo' }).format(at),
        (1234567.891).toLocaleString('de-DE'),
        (1234567.891).toLocaleString('en-US', { style: 'currency', currency: 'USD' }),
        new Intl.NumberFormat('fr-FR', { style: 'percent' }).format(0.256),
        new Intl.PluralRules('en', { type: 'ordinal' }).select(22),
        new Intl.RelativeTimeFormat('de', { numeric: 'auto' }).format(-1, 'day'),
        new Intl.ListFormat('en', { type: 'conjunction' }).format(['a', 'b', 'c']),
        'Ç\u0041\u030a'.normalize('NFD').length,
        'ﬁ'.normalize('NFKC'),
        /^[\p{Lu}\p{N}]+$/u.test('ÄЖ9'),
        /\p{L}\P{L}/u.exec('1é ')?.[0],
        new RegExp('^\\p{Script=Greek}+$', 'u').test('αβγ'),
      ],
    },
  }
}
