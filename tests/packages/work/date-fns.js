// adds, compares and formats dates
import { addBusinessDays, differenceInCalendarMonths, formatISO9075, formatDistance, isWeekend, parseISO, format } from 'date-fns';
import { de } from 'date-fns/locale';

export default function work() {
  const at = parseISO('2026-01-30T12:00:00');
  return [format(at, "EEEE, d. MMMM yyyy HH:mm 'Uhr'", { locale: de }), formatISO9075(addBusinessDays(at, 3)), differenceInCalendarMonths(at, parseISO('2025-03-01')), formatDistance(at, parseISO('2026-02-14')), isWeekend(at)];
}
