// emptyDirs in memory: mount options that ECS's pages do not list with a value.
import { seen, type Assumption } from '../assumption.ts';
import { sh } from '../containers.ts';

export const memoryVolume: Assumption = {
  id: 'memory-volume',
  assumed: 'Fargate takes tmpfs mounts, and `mode=1777` among their options',
  proof: 'an emptyDir in memory is a tmpfs of that mode',
  uses: { pods: 1 },
  isQuick: true,
  async prove(lab) {
    const { metadata } = await lab.runPod({
      volumes: [{ name: 'fast', emptyDir: { medium: 'Memory', sizeLimit: '16Mi' } }],
      containers: [
        sh('main', 'stat -c %a /fast; grep -c " /fast tmpfs " /proc/mounts', {
          volumeMounts: [{ name: 'fast', mountPath: '/fast' }],
        }),
      ],
    });
    const log = await lab.log(metadata.name, 'main');
    return seen(log === '1777\n1\n', `it prints ${JSON.stringify(log)}`);
  },
};
