// A task that was just started may be unknown to DescribeTasks for a while.
import { passed, type Assumption } from '../assumption.ts';
import { main } from '../containers.ts';

/** As long as the sweep does not believe MISSING (src/steps/sweep). */
const PATIENCE_MS = 10 * 60_000;

export const describeTasks: Assumption = {
  id: 'describe-tasks',
  assumed: 'DescribeTasks knows a task ten minutes after its launch at the latest',
  proof: 'how often ECS does not know a task that it lists',
  uses: { pods: 1 },
  isQuick: true,
  async prove(lab) {
    const name = await lab.createPod(main('sleep 5'));
    const { metadata } = await lab.podUntil(name, () => true);
    const cluster = lab.output('ClusterName');
    let misses = 0;
    const task = await lab.until(
      'the task',
      async () => {
        const [arn] = await lab.aws.tasksBy(cluster, metadata.uid);
        if (arn === undefined) return undefined;
        const found = await lab.aws.task(cluster, arn);
        if (found === undefined) misses += 1;
        return found;
      },
      PATIENCE_MS,
    );
    return passed(`known as ${task.lastStatus} after ${misses} misses`);
  },
};
