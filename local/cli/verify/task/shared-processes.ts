// pidMode task: containers see each other's processes.
import { seen, type Assumption } from '../assumption.ts';
import { sh } from '../containers.ts';

export const sharedProcesses: Assumption = {
  id: 'shared-processes',
  assumed: 'pidMode `task` gives the containers of a task one process namespace',
  proof: 'one container of a pod with shareProcessNamespace finds a process of the other',
  uses: { pods: 1 },
  isQuick: true,
  async prove(lab) {
    const name = await lab.createPod({
      shareProcessNamespace: true,
      containers: [
        sh('other', 'exec sleep 4321'),
        sh('main', 'until ps | grep -q "[s]leep 4321"; do sleep 1; done; echo found'),
      ],
    });
    await lab.podUntil(name, ({ status }) =>
      (status.containerStatuses ?? []).some(
        (one) => one.name === 'main' && one.state.terminated?.exitCode === 0,
      ),
    );
    const log = await lab.log(name, 'main');
    return seen(log === 'found\n', `it prints ${JSON.stringify(log)}`);
  },
};
