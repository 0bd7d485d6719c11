// dates with plug-ins
import dayjs from 'dayjs';
import 'dayjs/locale/de.js';
import duration from 'dayjs/plugin/duration.js';
import utc from 'dayjs/plugin/utc.js';

export default function work() {
  dayjs.extend(utc);
  dayjs.extend(duration);
  const at = dayjs.utc('2026-01-31T03:04:05Z');
  return [at.add(1, 'month').format(), at.locale('de').format('dddd, D. MMMM YYYY'), at.diff('2025-12-24', 'day'), dayjs.duration(5400, 's').toISOString(), at.startOf('week').toISOString()];
}
