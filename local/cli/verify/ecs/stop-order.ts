// The order in which ECS stops a task's containers (StopTask, Spot, retirement).
import { seen, type Assumption, type Evidence } from '../assumption.ts';
import { main } from '../containers.ts';
import { isOver, type Lab } from '../lab.ts';
import { containerOf, isReady } from '../outcomes.ts';

/** Stops the task of a pod whose program takes that long to end; returns how it ended. */
async function stopped(lab: Lab, seconds: number): Promise<Evidence> {
  const ends = `trap "sleep ${seconds}; exit 7" TERM; echo up; while :; do sleep 1; done`;
  const name = await lab.createPod({ ...main(ends), terminationGracePeriodSeconds: 100 });
  const running = await lab.podUntil(name, isReady);
  const { arn } = await lab.task(running);
  await lab.aws.stopTask(lab.output('ClusterName'), arn);
  // The phase is written after the last exit.
  const pod = await lab.podUntil(name, isOver);
  const { exitCode } = containerOf(pod, 'main')?.state.terminated ?? {};
  return seen(
    pod.status.phase === 'Failed' && exitCode === 7,
    `${pod.status.phase}, the program ended with ${exitCode ?? 'nothing'}`,
  );
}

export const stopOrder: Assumption = {
  id: 'stop-order',
  assumed:
    'StopTask ends containers in the reverse order of dependsOn: the podlet last, which reports their ends',
  proof: 'StopTask on a pod whose program takes 3 s to end: its own exit code is reported',
  uses: { pods: 1 },
  isQuick: true,
  prove: (lab) => stopped(lab, 3),
};

export const stopTimeout: Assumption = {
  id: 'stop-timeout',
  assumed: 'a stopTimeout of 120 s is kept: KILL does not come after the default of 30 s',
  proof: 'StopTask on a pod whose program takes 45 s to end: its own exit code is reported',
  uses: { pods: 1, podSeconds: 90 },
  isQuick: false,
  prove: (lab) => stopped(lab, 45),
};
