// The containers of a task share one network.
import { seen, type Assumption } from '../assumption.ts';
import { sh } from '../containers.ts';

export const sharedNetwork: Assumption = {
  id: 'shared-network',
  assumed: 'the containers of a task share one network: localhost, addresses and ports',
  proof: 'one container reads a page of another over localhost, and both have the pod’s address',
  uses: { pods: 1 },
  isQuick: true,
  async prove(lab) {
    const served = 'mkdir /www; hostname -i > /www/index.html; httpd -p 8080 -h /www; sleep 600';
    const name = await lab.createPod({
      containers: [
        sh('server', served),
        sh(
          'reader',
          'until wget -q -O - http://127.0.0.1:8080/ 2>/dev/null; do sleep 1; done; hostname -i',
        ),
      ],
    });
    const pod = await lab.podUntil(name, ({ status }) =>
      (status.containerStatuses ?? []).some(
        (one) => one.name === 'reader' && one.state.terminated !== undefined,
      ),
    );
    const log = await lab.log(name, 'reader');
    const address = pod.status.podIP ?? '';
    return seen(
      log === `${address}\n${address}\n`,
      `the pod is ${address}, the reader prints ${JSON.stringify(log)}`,
    );
  },
};
