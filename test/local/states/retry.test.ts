// Retry arithmetic that the recordings cannot show, because they have no times.
import { describe, expect, it } from 'vitest';
import { chooseRetrier, retryDelaySeconds } from '../../../local/states/retry.ts';
import { StateError, matches } from '../../../local/states/state-error.ts';

it.each([
  ['defaults: 1 s, doubling', {}, [1, 2, 4, 8]],
  [
    'IntervalSeconds and BackoffRate',
    { IntervalSeconds: 3, BackoffRate: 1.5 },
    [3, 4.5, 6.75, 10.125],
  ],
  ['MaxDelaySeconds cuts', { IntervalSeconds: 10, MaxDelaySeconds: 25 }, [10, 20, 25, 25]],
  [
    'full jitter is a share of the delay',
    { IntervalSeconds: 4, JitterStrategy: 'FULL' as const },
    [1, 2, 4, 8],
  ],
])('%s', (_, retrier, delays) => {
  expect(
    [0, 1, 2, 3].map((retry) =>
      retryDelaySeconds({ ErrorEquals: ['X'], ...retrier }, retry, () => 0.25),
    ),
  ).toEqual(delays);
});

it.each([
  ['the third retry of three', [2], 0],
  ['no fourth', [3], undefined],
])('MaxAttempts is 3 unless said: %s', (_, retries, index) => {
  expect(chooseRetrier([{ ErrorEquals: ['X'] }], retries, new StateError('X', ''))).toBe(index);
});

it('only the first retrier that matches counts, even when it is used up', () => {
  const retriers = [{ ErrorEquals: ['X'], MaxAttempts: 1 }, { ErrorEquals: ['States.ALL'] }];
  expect(chooseRetrier(retriers, [1], new StateError('X', ''))).toBeUndefined();
});

describe('reserved names', () => {
  it.each([
    ['States.ALL', 'Any', true],
    ['States.ALL', 'States.Timeout', true],
    ['States.ALL', 'States.DataLimitExceeded', true],
    ['States.ALL', 'States.Runtime', false],
    ['States.TaskFailed', 'Any', true],
    ['States.TaskFailed', 'States.Timeout', false],
    ['States.Timeout', 'States.HeartbeatTimeout', true],
    ['States.HeartbeatTimeout', 'States.Timeout', false],
    ['Any', 'Other', false],
  ])('%s and %s: %s', (name, error, expected) => {
    expect(matches([name], new StateError(error, ''))).toBe(expected);
  });

  it('nothing catches a terminal error', () => {
    expect(
      matches(
        ['States.ALL', 'States.DataLimitExceeded'],
        new StateError('States.DataLimitExceeded', '', true),
      ),
    ).toBe(false);
  });
});
