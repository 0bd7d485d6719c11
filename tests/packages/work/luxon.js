// dates with zones and languages
import { DateTime, Duration, Interval } from 'luxon';

export default function work() {
  const at = DateTime.fromISO('2026-03-29T00:30:00.000Z', { zone: 'utc' });
  const berlin = at.setZone('Europe/Berlin');
  return [at.plus({ months: 1 }).toISO(), berlin.toISO(), berlin.plus({ hours: 1 }).toISO(), berlin.setLocale('de').toFormat('cccc, d. LLLL yyyy HH:mm'), at.toRFC2822(), at.weekNumber, Duration.fromObject({ hours: 30 }).shiftTo('days', 'hours').toObject(), Interval.fromISO('2026-01-01/2026-01-03').length('days'), at.setZone('No/Where').isValid];
}
