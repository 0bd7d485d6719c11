// the next times of schedules, in UTC
import { CronExpressionParser } from 'cron-parser';

export default function work() {
  return ['*/15 9-17 * * 1-5', '0 0 29 2 *', '30 4 L * *'].map((text) => {
    const schedule = CronExpressionParser.parse(text, { currentDate: '2026-01-02T03:04:05.000Z', tz: 'UTC' });
    return [schedule.next().toISOString(), schedule.next().toISOString(), schedule.prev().toISOString(), schedule.stringify()];
  });
}
