// The podlet's image is pulled for every task.
import { seen, unproven, type Assumption } from '../assumption.ts';
import { main } from '../containers.ts';

const MOST_MS = 20_000;

export const imagePull: Assumption = {
  id: 'image-pull',
  assumed: 'the images of a small pod, the podlet’s 47 MB included, are pulled within 20 s',
  proof: "the times that ECS gives of a task's pull",
  uses: { pods: 1 },
  isQuick: true,
  async prove(lab) {
    const pod = await lab.runPod(main('true'));
    const { pulledMs } = await lab.task(pod);
    if (pulledMs === undefined) return unproven('ECS gives no times of the pull');
    return seen(pulledMs <= MOST_MS, `pulled in ${(pulledMs / 1000).toFixed(1)} s`);
  },
};
