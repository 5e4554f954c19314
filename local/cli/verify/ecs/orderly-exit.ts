// ECS reports no failure for a task that ends by itself.
import { failed, seen, type Assumption } from '../assumption.ts';
import { main } from '../containers.ts';

/** ECS detaches the network interface before it says STOPPED. */
const STOPPED_MS = 180_000;

export const orderlyExit: Assumption = {
  id: 'orderly-exit',
  assumed:
    "a task's end is the podlet's: all containers leave with 0 whatever their programs ended with",
  proof: 'a pod whose program fails with 3: its task is STOPPED, each container with exit code 0',
  uses: { pods: 1 },
  isQuick: false,
  async prove(lab) {
    const pod = await lab.runPod(main('exit 3'));
    const task = await lab.until(
      'the end of the task',
      async () => {
        const found = await lab.task(pod);
        return found.lastStatus === 'STOPPED' ? found : undefined;
      },
      STOPPED_MS,
    );
    if (pod.status.phase !== 'Failed') return failed(`the pod is ${pod.status.phase}`);
    const codes = [...task.exitCodes].map(([name, code]) => `${name} ${code ?? 'none'}`);
    return seen(
      [...task.exitCodes.values()].every((code) => code === 0),
      `${task.stopCode ?? ''}: ${codes.join(', ')}`,
    );
  },
};
