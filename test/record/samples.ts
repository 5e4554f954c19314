// Records and reports for tests: the smallest that a row needs.
import type { Report } from '../../src/protocol/messages.ts';
import type { PodRecord } from '../../src/record/record.ts';
import { observedOf } from '../pod/samples.ts';

/** The record of the pod of `podOf` in its first attempt, whose first run was ordered. */
export const recordOf = (more: Partial<PodRecord> = {}): PodRecord => ({
  uid: 'u',
  namespace: 'default',
  name: 'web',
  generation: { number: 1, runs: 1 },
  task: { attempt: 1 },
  logNonce: '',
  tokens: {},
  observed: observedOf({}),
  ...more,
});

/** The first report of its podlet. */
export const reportOf = (more: Partial<Report> = {}): Report => ({
  uid: 'u',
  taskArn: 'arn',
  attempt: 1,
  bootId: 'b',
  sequence: 1,
  sandboxReady: true,
  containers: {},
  events: [],
  ...more,
});
