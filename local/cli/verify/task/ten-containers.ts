// A task of ten containers: nine of a pod and the podlet.
import { seen, type Assumption } from '../assumption.ts';
import { sh } from '../containers.ts';

export const tenContainers: Assumption = {
  id: 'ten-containers',
  assumed: 'a task takes ten containers, with a volume for the control socket of each',
  proof: 'nine containers of one pod succeed',
  uses: { pods: 1 },
  isQuick: false,
  async prove(lab) {
    const containers = Array.from({ length: 9 }, (_, at) => sh(`c${at}`, 'exit 0'));
    const { status } = await lab.runPod({ containers });
    const ended = (status.containerStatuses ?? []).filter(
      ({ state }) => state.terminated?.exitCode === 0,
    );
    return seen(ended.length === containers.length, `${ended.length} succeeded`);
  },
};
