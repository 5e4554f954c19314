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
  onAwsOnly: 'the events of ECS, or the logs of functions, are not in this target',
  async prove(lab) {
    const begun = lab.now();
    await lab.runPod(main('true'));
    const group = `/aws/lambda/${lab.resource('AWS::Lambda::Function', 'observe')}`;
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
    if (lines.length === 0 && (await lab.aws.lines(group, 0)) === undefined)
      return unproven(`there is no log group ${group}`);
    return seen(lines.length > 0, `${lines.length} lines`);
  },
};
