// Every container gets supervise from the volume that the podlet's image declares.
import { seen, type Assumption } from '../assumption.ts';
import { sh } from '../containers.ts';

export const supervise: Assumption = {
  id: 'supervise',
  assumed:
    "a volume at a path that the podlet's image declares is filled from the image before containers that depend on it start",
  proof: 'process 1 of both containers of a pod is supervise, from a directory that is read-only',
  uses: { pods: 1 },
  isQuick: true,
  async prove(lab) {
    const script = 'cat /proc/1/comm; touch /.droppod/bin/x 2>/dev/null || echo read-only';
    const { metadata } = await lab.runPod({ containers: [sh('one', script), sh('two', script)] });
    const logs = [await lab.log(metadata.name, 'one'), await lab.log(metadata.name, 'two')];
    return seen(
      logs.every((log) => log === 'supervise\nread-only\n'),
      `they print ${JSON.stringify(logs)}`,
    );
  },
};
