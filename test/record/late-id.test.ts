// A run that was over before the engine's id of its container was known.
import { expect, it } from 'vitest';
import { mergeReport } from '../../src/record/merge.ts';
import type { Run } from '../../src/protocol/run.ts';
import { NOW, observedOf, podOf } from '../pod/samples.ts';
import { reportOf } from './samples.ts';

const time = NOW.toISOString();
const ended: Run = {
  run: 1,
  started: false,
  ready: false,
  startedAt: time,
  finishedAt: time,
  exitCode: 0,
};

it('its id is taken from a later report, and a known one stays', () => {
  const later = (run: Run, runtimeId: string) =>
    mergeReport(
      podOf({ restartPolicy: 'Never' }),
      observedOf({ app: { desiredRun: 1, current: run } }),
      reportOf({ containers: { app: { hello: true, run: ended, runtimeId } } }),
      NOW,
    ).containers['app']?.current;
  expect(later(ended, 'a1')).toEqual({ ...ended, runtimeId: 'a1' });
  expect(later({ ...ended, runtimeId: 'a1' }, 'b2')).toEqual({ ...ended, runtimeId: 'a1' });
});
