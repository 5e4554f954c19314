// ECS starts a container after another has succeeded, which is how single files get under a read-only root.
import { seen, type Assumption } from '../assumption.ts';
import { sh } from '../containers.ts';

export const dependencies: Assumption = {
  id: 'dependencies',
  assumed:
    'dependsOn holds: START for the podlet, SUCCESS for a container that fills a directory and ends',
  proof:
    "a single file of a ConfigMap lies in the image's /etc of a container with a read-only root",
  uses: { pods: 1, requests: 2, writtenKiB: 1 },
  isQuick: true,
  async prove(lab) {
    const { id } = lab.options;
    await lab.request('POST', lab.path('configmaps'), {
      metadata: { name: id },
      data: { 'own.conf': 'from the map\n' },
    });
    const { metadata } = await lab.runPod({
      volumes: [{ name: 'conf', configMap: { name: id } }],
      containers: [
        sh('main', 'cat /etc/own.conf; touch /etc/x 2>/dev/null || echo read-only', {
          securityContext: { readOnlyRootFilesystem: true },
          volumeMounts: [{ name: 'conf', mountPath: '/etc/own.conf', subPath: 'own.conf' }],
        }),
      ],
    });
    const log = await lab.log(metadata.name, 'main');
    return seen(log === 'from the map\nread-only\n', `it prints ${JSON.stringify(log)}`);
  },
};
