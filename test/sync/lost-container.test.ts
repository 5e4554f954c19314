// A container killed from outside together with its supervisor: nothing can be started in it any more.
import { expect, it } from 'vitest';
import type { RestartPolicy } from '../../src/kinds/pod.ts';
import { receive } from '../../src/sync/receive.ts';
import { mergeTask } from '../../src/record/task-change.ts';
import type { TaskArn } from '../../src/ports/identity.ts';
import { present } from '../../src/present.ts';
import type { PodRecord } from '../../src/record/record.ts';
import { withTask } from '../../src/record/with-task.ts';
import { at, NOW, observedOf, podOf } from '../pod/samples.ts';
import { recordOf, reportOf } from '../record/samples.ts';

const record = recordOf({
  observed: observedOf({ app: { desiredRun: 1 }, other: { desiredRun: 1 } }),
});
const running = { run: 1, startedAt: at(-9), started: true, ready: true };
const killed = { ...running, finishedAt: at(0), exitCode: 137, ready: false };
const report = reportOf({
  containers: {
    app: { hello: true, run: { ...killed, reason: 'ContainerStatusUnknown' } },
    other: { hello: true, run: running },
  },
});

it.each<[RestartPolicy, 'lost' | 'killed', boolean]>([
  ['Always', 'lost', true],
  ['OnFailure', 'lost', true],
  ['Never', 'lost', false],
  ['Always', 'killed', false],
])(
  'C9: policy %s, a container %s: the pod goes on in another task: %s',
  (restartPolicy, how, another) => {
    const pod = podOf({
      restartPolicy,
      containers: [
        { name: 'app', image: 'a' },
        { name: 'other', image: 'b' },
      ],
    });
    const reported =
      how === 'lost'
        ? report
        : { ...report, containers: { ...report.containers, app: { hello: true, run: killed } } };
    const after = receive(pod, record, reported, 'hash', NOW);
    expect(after.record.task.relaunch).toBe(another ? 'container app was lost' : undefined);
    expect(after.events.map(({ reason }) => reason).includes('SandboxChanged')).toBe(another);
    expect(receive(pod, after.record, { ...reported, sequence: 2 }, 'hash', NOW).events).toEqual(
      [],
    );
  },
);

it.each<[string, RestartPolicy, boolean, string | undefined, boolean]>([
  ['killed before its supervisor said hello', 'Never', false, undefined, true],
  ['killed before its supervisor said hello', 'Always', false, undefined, true],
  ['that ECS could not start', 'Always', false, 'CannotStartContainerError: no such file', false],
  ['killed after its supervisor said hello', 'Always', true, undefined, false],
])(
  'C9: a container %s, policy %s: the pod goes on in another task, once',
  (_what, restartPolicy, hello, reason, another) => {
    const pod = podOf({ restartPolicy, containers: [{ name: 'app', image: 'a' }] });
    const before: PodRecord = {
      ...withTask(record, { arn: 'arn' as TaskArn }),
      observed: { ...observedOf({ app: { desiredRun: 1, hello } }), sandboxReady: false },
    };
    const facts = {
      taskArn: 'arn' as TaskArn,
      lastStatus: 'RUNNING',
      desiredStatus: 'RUNNING',
      version: 3,
      containers: [
        {
          name: 'app',
          lastStatus: 'STOPPED',
          exitCode: 137,
          ...present({ reason }),
        },
      ],
    };
    const after = mergeTask(pod, before, facts, NOW);
    expect(after.record.task.relaunch).toBe(another ? 'container app was lost' : undefined);
    expect(after.events.some((event) => event.reason === 'SandboxChanged')).toBe(another);
    expect(mergeTask(pod, after.record, { ...facts, version: 4 }, NOW).record).toBe(after.record);
  },
);
