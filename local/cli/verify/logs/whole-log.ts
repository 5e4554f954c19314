// `logs` of a pod that has just ended is complete, although awslogs is late.
import { seen, type Assumption } from '../assumption.ts';
import { main } from '../containers.ts';
import { containerOf } from '../outcomes.ts';

const LINES = 500;

export const wholeLog: Assumption = {
  id: 'whole-log',
  assumed:
    "lines reach CloudWatch Logs in order, and supervise's mark of a run's end after all of the run's",
  proof: `the log of a pod right after its end has all of ${LINES} lines; the last is its termination message`,
  uses: { pods: 1 },
  isQuick: true,
  async prove(lab) {
    const pod = await lab.runPod(
      main(`i=0; while [ $i -lt ${LINES} ]; do i=$((i+1)); echo line $i; done; exit 3`, {
        terminationMessagePolicy: 'FallbackToLogsOnError',
      }),
    );
    const lines = (await lab.log(pod.metadata.name, 'main')).trimEnd().split('\n');
    const inOrder = lines.every((line, at) => line === `line ${at + 1}`);
    const message = containerOf(pod, 'main')?.state.terminated?.message ?? '';
    return seen(
      lines.length === LINES && inOrder && message.trimEnd().endsWith(`line ${LINES}`),
      `${lines.length} lines${inOrder ? ' in order' : ''}; the message ends with ${JSON.stringify(message.slice(-12))}`,
    );
  },
};
