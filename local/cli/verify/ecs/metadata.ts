// The task metadata endpoint, from which the podlet has the task's address and its containers' ids.
import { seen, type Assumption } from '../assumption.ts';
import { main } from '../containers.ts';
import { isReady } from '../outcomes.ts';

export const metadata: Assumption = {
  id: 'metadata',
  assumed: 'task metadata v4 answers in the podlet: TaskARN, addresses, DockerId of each container',
  proof: "a pod's address is its task's, and its container has an id",
  uses: { pods: 1 },
  isQuick: true,
  async prove(lab) {
    const name = await lab.createPod(main('while :; do sleep 1; done'));
    const pod = await lab.podUntil(name, isReady);
    const { address } = await lab.task(pod);
    const id = pod.status.containerStatuses?.[0]?.containerID ?? '';
    return seen(
      pod.status.podIP !== undefined && pod.status.podIP === address && id !== '',
      `podIP ${pod.status.podIP ?? 'none'}, the task's ${address ?? 'none'}, containerID ${id || 'none'}`,
    );
  },
};
