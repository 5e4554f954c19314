// B10, C13: when an ended container starts again (kuberuntime_manager.go doBackOff).
import { describe, expect, it } from 'vitest';
import {
  backOffShownAt,
  crashLoopMessage,
  goSeconds,
  nextBackOff,
} from '../../../src/pod/run/back-off.ts';
import type { BackOff } from '../../../src/pod/run/observed.ts';
import type { Run } from '../../../src/protocol/run.ts';
import { at, podOf } from '../samples.ts';

const ended = (seconds: number, more: Partial<Run> = {}): Run => ({
  run: 1,
  startedAt: at(seconds - 1),
  finishedAt: at(seconds),
  exitCode: 1,
  started: false,
  ready: false,
  ...more,
});
const startOf = (backOff: BackOff, now: number): number =>
  backOff.until === undefined ? now : (Date.parse(backOff.until) - Date.parse(at(0))) / 1000;

/** Start times of runs that last `seconds` each, from 0. */
function starts(count: number, seconds: number): number[] {
  const times: number[] = [];
  let backOff: BackOff | undefined;
  for (let start = 0; times.length < count; times.push(start)) {
    const end = start + seconds;
    backOff = nextBackOff(backOff, ended(end), new Date(at(end)));
    start = startOf(backOff, end);
  }
  return times;
}

describe('nextBackOff', () => {
  it('B10: restarts at 1, 12, 33, 74, 155, 316, 617 s, then every 300 s', () => {
    expect(starts(9, 1)).toEqual([1, 12, 33, 74, 155, 316, 617, 918, 1219]);
  });
  it('a run of more than 10 minutes resets: the next restart is at once', () => {
    const backOff = nextBackOff({ seconds: 160, updatedAt: at(0) }, ended(601), new Date(at(601)));
    expect(backOff).toEqual({ seconds: 0, updatedAt: at(601) });
    expect(nextBackOff(backOff, ended(602), new Date(at(602)))).toEqual({
      seconds: 10,
      updatedAt: at(612),
      until: at(612),
    });
  });
  it('exactly 10 minutes do not reset', () => {
    expect(
      nextBackOff({ seconds: 10, updatedAt: at(0) }, ended(600), new Date(at(600))).seconds,
    ).toBe(20);
  });
  it('counts from the finish: reported late, the rest is waited', () => {
    expect(nextBackOff({ seconds: 10, updatedAt: at(0) }, ended(5), new Date(at(15))).until).toBe(
      at(25),
    );
    expect(nextBackOff({ seconds: 10, updatedAt: at(0) }, ended(5), new Date(at(40)))).toEqual({
      seconds: 20,
      updatedAt: at(40),
    });
  });
  it('J1: kills by probes count from the run before: two at once, the third waits', () => {
    const killed = (seconds: number) => ended(seconds, { killedByProbe: true });
    const first = nextBackOff(undefined, killed(3), new Date(at(3)));
    expect(first.until).toBeUndefined();
    const second = nextBackOff(first, killed(6), new Date(at(6)), killed(3));
    expect(second.until).toBeUndefined();
    expect(nextBackOff(second, killed(9), new Date(at(9)), killed(6))).toEqual({
      seconds: 10,
      updatedAt: at(16),
      until: at(16),
    });
  });
});

it.each([
  ['the last third', 10, 60, 56_666],
  ['the last third', 40, 60, 46_666],
  ['all but the first minute', 300, 300, 60_000],
])('a back-off is shown for %s: %i s that end at %i s', (_what, seconds, end, shownAt) => {
  const shown = backOffShownAt({ seconds, updatedAt: at(end), until: at(end) });
  expect((shown?.getTime() ?? 0) - Date.parse(at(0))).toBe(shownAt);
});

it.each([
  [10, '10s'],
  [80, '1m20s'],
  [160, '2m40s'],
  [300, '5m0s'],
])('%i seconds print as %s', (seconds, text) => {
  expect(goSeconds(seconds)).toBe(text);
  expect(crashLoopMessage(seconds, 'app', podOf())).toBe(
    `back-off ${text} restarting failed container=app pod=web_default(0e1f)`,
  );
});
