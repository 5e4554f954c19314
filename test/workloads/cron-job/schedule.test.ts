// What a schedule's text means and when it fires.
import { describe, expect, it } from 'vitest';
import { nextTime } from '../../../src/workloads/cron-job/next-time.ts';
import { parseSchedule } from '../../../src/workloads/cron-job/parse-schedule.ts';
import { rfc3339In, timeZoneProblem } from '../../../src/workloads/cron-job/time-zone.ts';

function times(text: string, from: string, count: number, zone = 'UTC'): string[] {
  const schedule = parseSchedule(text);
  if ('problem' in schedule) throw new Error(schedule.problem);
  const found: string[] = [];
  let at: Date | undefined = new Date(from);
  for (let n = 0; n < count && at; n++) {
    at = nextTime(schedule, at, zone);
    found.push(at?.toISOString().replace(':00.000Z', 'Z') ?? 'never');
  }
  return found;
}

describe('a schedule', () => {
  it.each([
    ['every minute', '* * * * *', ['2026-03-01T00:01Z', '2026-03-01T00:02Z']],
    [
      'lists, ranges, steps',
      '*/20,5 8-9 * * *',
      ['2026-03-01T08:00Z', '2026-03-01T08:05Z', '2026-03-01T08:20Z'],
    ],
    [
      'a start with a step',
      '50/5 3 * * *',
      ['2026-03-01T03:50Z', '2026-03-01T03:55Z', '2026-03-02T03:50Z'],
    ],
    [
      'names',
      '0 0 * JAN,mar Mon-wed',
      ['2026-03-02T00:00Z', '2026-03-03T00:00Z', '2026-03-04T00:00Z', '2026-03-09T00:00Z'],
    ],
    [
      'either day where both are restricted',
      '0 0 13 * 5',
      [
        '2026-03-06T00:00Z',
        '2026-03-13T00:00Z',
        '2026-03-20T00:00Z',
        '2026-03-27T00:00Z',
        '2026-04-03T00:00Z',
        '2026-04-10T00:00Z',
        '2026-04-13T00:00Z',
      ],
    ],
    ['both days where one is `?`', '0 0 13 * ?', ['2026-03-13T00:00Z', '2026-04-13T00:00Z']],
    [
      'a step on a star restricts',
      '0 0 */15 * 1',
      [
        '2026-03-02T00:00Z',
        '2026-03-09T00:00Z',
        '2026-03-16T00:00Z',
        '2026-03-23T00:00Z',
        '2026-03-30T00:00Z',
        '2026-03-31T00:00Z',
      ],
    ],
    ['leap days', '0 0 29 2 *', ['2028-02-29T00:00Z', '2032-02-29T00:00Z']],
    ['a day that never comes', '59 23 31 2 *', ['never']],
    ['@weekly', '@weekly', ['2026-03-08T00:00Z', '2026-03-15T00:00Z']],
    ['@every', '@every 1h30m', ['2026-03-01T01:30Z', '2026-03-01T03:00Z']],
  ])('Q5: %s', (_, text, wanted) => {
    expect(times(text, '2026-03-01T00:00:00Z', wanted.length)).toEqual(wanted);
  });

  it.each([
    ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
    ['61 * * * *', 'end of range (61) above maximum (59): 61'],
    ['* * * * 7', 'end of range (7) above maximum (6): 7'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
    ['a * * * *', 'failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax'],
    ['@often', 'unrecognized descriptor: @often'],
    ['@every 1d', 'failed to parse duration @every 1d: time: unknown unit "d" in duration "1d"'],
    ['@every 5', 'failed to parse duration @every 5: time: missing unit in duration "5"'],
  ])('Q5: %j is refused', (text, problem) => {
    expect(parseSchedule(text)).toEqual({ problem });
  });
});

describe('a time zone', () => {
  it('Q5: moves the schedule with its clocks', () => {
    expect(times('0 3 * * *', '2026-03-28T00:00:00Z', 3, 'Europe/Berlin')).toEqual([
      '2026-03-28T02:00Z',
      '2026-03-29T01:00Z',
      '2026-03-30T01:00Z',
    ]);
  });

  it('Q5: does not fire at times that its clocks skip', () => {
    expect(times('30 2 * * *', '2026-03-07T12:00:00Z', 2, 'America/New_York')).toEqual([
      '2026-03-09T06:30Z',
      '2026-03-10T06:30Z',
    ]);
  });

  it('Q5: fires twice at times that its clocks show twice', () => {
    expect(times('30 1 * * *', '2026-10-31T12:00:00Z', 3, 'America/New_York')).toEqual([
      '2026-11-01T05:30Z',
      '2026-11-01T06:30Z',
      '2026-11-02T06:30Z',
    ]);
    expect(times('0 * * * *', '2026-11-01T04:00:00Z', 3, 'America/New_York')).toEqual([
      '2026-11-01T05:00Z',
      '2026-11-01T06:00Z',
      '2026-11-01T07:00Z',
    ]);
  });

  it.each([
    ['Europe/Berlin', undefined],
    ['US/Eastern', undefined],
    ['Etc/GMT+5', undefined],
    ['UTC', undefined],
    ['', 'timeZone must be nil or non-empty string'],
    [
      'Local',
      'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
    ],
    ['Moon/Base', 'unknown time zone Moon/Base'],
    ['europe/berlin', 'unknown time zone europe/berlin'],
    ['+01:00', 'unknown time zone +01:00'],
    ['../etc', 'unknown time zone ../etc'],
  ])('Q5: %j', (zone, problem) => {
    expect(timeZoneProblem(zone)).toBe(problem);
  });

  it('Q5: is seen in the annotation of a run', () => {
    const at = new Date('2026-07-01T01:00:00Z');
    expect(rfc3339In('UTC', at)).toBe('2026-07-01T01:00:00Z');
    expect(rfc3339In('Europe/Berlin', at)).toBe('2026-07-01T03:00:00+02:00');
    expect(rfc3339In('America/St_Johns', at)).toBe('2026-06-30T22:30:00-02:30');
  });
});
