// An unprivileged user can access supervise's socket, the pod's volumes and the termination log.
import { seen, type Assumption } from '../assumption.ts';
import { sh } from '../containers.ts';
import { containerOf } from '../outcomes.ts';

export const unprivilegedUser: Assumption = {
  id: 'unprivileged-user',
  assumed:
    "supervise starts as root in a task's container, may become any user, and owners and modes of the task's volumes are its to set",
  proof:
    'a user of the pod writes into an emptyDir of its fsGroup and leaves a termination message',
  uses: { pods: 1 },
  isQuick: true,
  async prove(lab) {
    const pod = await lab.runPod({
      securityContext: { runAsUser: 1234, runAsGroup: 1234, fsGroup: 4321 },
      volumes: [{ name: 'own', emptyDir: {} }],
      containers: [
        sh(
          'main',
          'id -u; echo kept > /own/file && cat /own/file; echo last > /dev/termination-log',
          {
            volumeMounts: [{ name: 'own', mountPath: '/own' }],
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          },
        ),
      ],
    });
    const log = await lab.log(pod.metadata.name, 'main');
    const message = containerOf(pod, 'main')?.state.terminated?.message?.trim();
    return seen(
      log === '1234\nkept\n' && message === 'last',
      `it prints ${JSON.stringify(log)}, its message is ${JSON.stringify(message)}`,
    );
  },
};
