// All containers share the hosts file and host name that the podlet writes, even with a read-only root.
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
