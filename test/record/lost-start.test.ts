// A task lost while a start may be in flight: under Never nothing runs twice, although nobody reported that it began.
import { expect, it } from 'vitest';
import type { RestartPolicy } from '../../src/kinds/pod.ts';
import type { PodTask } from '../../src/record/record.ts';
import { taskEnded } from '../../src/record/task-change.ts';
import { NOW, observedOf, podOf } from '../pod/samples.ts';
import { recordOf } from './samples.ts';

interface Case {
  policy?: RestartPolicy;
  sandboxReady?: boolean;
  desiredRun?: number;
  waiting?: { reason: string };
  task?: Partial<PodTask>;
}

function afterLoss({
  policy = 'Never',
  sandboxReady = true,
  desiredRun = 1,
  ...more
}: Case): string {
  const container = { desiredRun, ...(more.waiting && { waiting: more.waiting }) };
  const record = recordOf({
    task: { attempt: 1, ...more.task },
    observed: observedOf({ app: container }, { sandboxReady }),
  });
  const facts = { stopCode: 'EssentialContainerExited', stoppedReason: 'its podlet died' };
  const { record: after } = taskEnded(podOf({ restartPolicy: policy }), record, facts, NOW);
  return after.observed.verdict?.reason ?? `attempt ${after.task.attempt}`;
}

it.each<[string, Case, string]>([
  ['ordered and not reported', {}, 'SandboxLost'],
  ['ordered before the sandbox was ready', { sandboxReady: false }, 'attempt 2'],
  ['not ordered', { desiredRun: 0 }, 'attempt 2'],
  ['kept waiting', { waiting: { reason: 'CreateContainerConfigError' } }, 'attempt 2'],
  ['held by its volumes', { task: { imageEvents: [] } }, 'attempt 2'],
  ['ordered, under OnFailure', { policy: 'OnFailure' }, 'attempt 2'],
])('C4: a run that was %s', (_what, lost, outcome) => expect(afterLoss(lost)).toBe(outcome));
