// A container restarts within its task.
import { seen, type Assumption } from '../assumption.ts';
import { sh } from '../containers.ts';
import { containerOf } from '../outcomes.ts';

export const restartInPlace: Assumption = {
  id: 'restart-in-place',
  assumed: 'ECS sees one run of a container, however often supervise runs its program',
  proof: 'a container that fails once succeeds in its second run, in the same task',
  uses: { pods: 1 },
  isQuick: true,
  async prove(lab) {
    const pod = await lab.runPod({
      restartPolicy: 'OnFailure',
      volumes: [{ name: 'kept', emptyDir: {} }],
      containers: [
        sh('main', '[ -f /kept/x ] && exit 0; touch /kept/x; exit 3', {
          volumeMounts: [{ name: 'kept', mountPath: '/kept' }],
        }),
      ],
    });
    const { restartCount = 0 } = containerOf(pod, 'main') ?? {};
    const tasks = await lab.aws.tasksBy(lab.output('ClusterName'), pod.metadata.uid);
    return seen(
      pod.status.phase === 'Succeeded' && restartCount === 1 && tasks.length <= 1,
      `${pod.status.phase} after ${restartCount} restarts in ${tasks.length} tasks`,
    );
  },
};
