// What a pod's next attempt keeps of the previous one.
import { expect, it } from 'vitest';
import type { TaskArn } from '../../src/ports/identity.ts';
import type { PodRecord } from '../../src/record/record.ts';
import { relaunch } from '../../src/record/relaunch.ts';
import { withTask } from '../../src/record/with-task.ts';
import { at, exited, NOW, observedOf, podOf } from '../pod/samples.ts';
import { recordOf } from './samples.ts';

const backOff = { seconds: 160, updatedAt: at(-20), until: at(140) };
const record = recordOf({
  generation: { number: 1, runs: 3 },
  observed: observedOf({
    app: { desiredRun: 3, current: exited(3, 1), backOff },
    other: { desiredRun: 3, current: exited(3, 1), backOff },
  }),
});
const pod = podOf({
  containers: [
    { name: 'app', image: 'a' },
    { name: 'other', image: 'b' },
  ],
});

it('D7: a container with another image begins without its crash back-off, its neighbours keep theirs', () => {
  const { observed } = relaunch(
    pod,
    withTask(record, { relaunch: 'images of app changed', edited: ['app'] }),
    NOW,
  );
  expect(observed.containers['app']).toMatchObject({ desiredRun: 3, previous: { run: 3 } });
  expect(observed.containers['app']).not.toHaveProperty('backOff');
  expect(observed.containers['other']).toMatchObject({ backOff });
});

it('after the loss of a task every container keeps its back-off', () => {
  expect(relaunch(pod, record, NOW).observed.containers['app']).toMatchObject({ backOff });
});

it('a pod that loses task after task names the newest twenty: its record does not grow', () => {
  let lost: PodRecord = record;
  const sizes: number[] = [];
  for (let attempt = 0; attempt < 400; attempt++) {
    lost = relaunch(
      pod,
      withTask(lost, { arn: `arn:task/${String(attempt).padStart(4, '0')}` as TaskArn }),
      NOW,
    );
    sizes.push(JSON.stringify(lost).length);
  }
  expect(lost.tasks?.map(({ taskArn }) => taskArn)).toEqual(
    Array.from({ length: 20 }, (_, index) => `arn:task/0${380 + index}`),
  );
  expect(sizes.at(-1)! - sizes[40]!).toBeLessThan(100);
});
