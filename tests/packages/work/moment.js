// dates, durations and languages
import moment from 'moment';
import 'moment/locale/fr.js';

export default function work() {
  const at = moment.utc('2026-01-31T03:04:05Z');
  return [at.clone().add(1, 'month').toISOString(), at.clone().locale('fr').format('dddd D MMMM YYYY'), moment.duration(5400, 's').humanize(), at.isoWeek(), moment.utc('31/12/2025', 'DD/MM/YYYY', true).isValid(), at.from(moment.utc('2026-02-03'))];
}
