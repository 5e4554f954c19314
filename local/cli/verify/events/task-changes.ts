// EventBridge delivers ECS's task changes to `observe`.
import { seen, unproven, type Assumption } from '../assumption.ts';
import { main } from '../containers.ts';

const LATE_MS = 90_000;

export const taskChanges: Assumption = {
  id: 'task-changes',
  assumed: 'a change of a task invokes `observe` within seconds',
  proof: "`observe` has lines in its log while a pod's task starts",
  uses: { pods: 1 },
  isQuick: false,
  onAwsOnly: 'this target has no events of ECS',
  async prove(lab) {
    const begun = lab.now();
    const group = lab.resource('AWS::Logs::LogGroup', 'observe');
    if ((await lab.aws.lines(group, begun)) === undefined)
      return unproven(`the stack's log group ${group} is not where this target has its logs`);
    await lab.runPod(main('true'));
    const lines = await lab
      .until(
        'a line of observe',
        async () => {
          const found = await lab.aws.lines(group, begun);
          return found && found.length > 0 ? found : undefined;
        },
        LATE_MS,
      )
      .catch(() => {
        // Nothing arrived, and the proof reports that.
        return [];
      });
    return seen(lines.length > 0, `${lines.length} lines`);
  },
};
