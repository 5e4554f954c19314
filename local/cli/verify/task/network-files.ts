// What the podlet writes of hosts and host name is every container's, under a read-only root as well.
import { seen, type Assumption } from '../assumption.ts';
import { sh } from '../containers.ts';

export const networkFiles: Assumption = {
  id: 'network-files',
  assumed: "the task's containers share /etc/hosts, /etc/hostname and /etc/resolv.conf as files",
  proof: 'a container with a read-only root sees a host alias and the name of its pod',
  uses: { pods: 1 },
  isQuick: true,
  async prove(lab) {
    const { metadata } = await lab.runPod({
      hostAliases: [{ ip: '192.0.2.7', hostnames: ['far.example'] }],
      containers: [
        sh('main', 'grep -c far.example /etc/hosts; cat /etc/hostname', {
          securityContext: { readOnlyRootFilesystem: true },
        }),
      ],
    });
    const log = await lab.log(metadata.name, 'main');
    return seen(log === `1\n${metadata.name}\n`, `it prints ${JSON.stringify(log)}`);
  },
};
