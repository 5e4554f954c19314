// Which run is due after how many were missed.
import { expect, it } from 'vitest';
import { dueTime, nextLook } from '../../../src/workloads/cron-job/due-time.ts';
import { parseSchedule } from '../../../src/workloads/cron-job/parse-schedule.ts';
import type { Schedule } from '../../../src/workloads/cron-job/parse-schedule.ts';

const timing = (text: string, since: string, now: string): Parameters<typeof dueTime>[0] => ({
  schedule: parseSchedule(text) as Schedule,
  zone: 'UTC',
  since: new Date(`2026-03-02T${since}Z`),
  now: new Date(`2026-03-02T${now}Z`),
});

it.each([
  ['0 * * * *', '10:00:00', '10:59:59', undefined, 'none', '11:00:00.100'],
  ['0 * * * *', '10:00:00', '11:00:00', '11:00:00', 'none', '12:00:00.100'],
  ['0 * * * *', '10:00:00', '14:20:00', '14:00:00', 'few', '15:00:00.100'],
  ['* * * * *', '10:00:00', '12:00:30', '12:00:00', 'many', '12:01:00.100'],
  ['30 6-16/4 * * 1-5', '00:00:00', '14:31:00', '14:30:00', 'few', '2026-03-03T06:30:00.100'],
  ['@every 1h', '10:10:00', '13:30:00', '13:10:00', 'few', '14:10:00.100'],
])('Q5: %j since %s at %s: %s, %s missed', (text, since, now, time, missed, look) => {
  const case_ = timing(text, since, now);
  expect(dueTime(case_)).toEqual({
    missed,
    ...(time !== undefined && { time: new Date(`2026-03-02T${time}Z`) }),
  });
  expect(nextLook(case_)?.toISOString()).toContain(look.replace('2026-03-02T', ''));
});

it('Q5: a day that never comes has no due time', () => {
  expect(dueTime(timing('0 0 30 2 *', '00:00:00', '12:00:00'))).toBe('never');
});
