// The delay of lines in CloudWatch Logs.
import { seen, unproven, type Assumption } from '../assumption.ts';
import { main } from '../containers.ts';

/** The longest wait of followers and FallbackToLogsOnError. */
const MOST_MS = 15_000;
const SPREAD_MS = 60_000;

export const logDelay: Assumption = {
  id: 'log-delay',
  assumed: 'a line can be read at most 15 s after it was written',
  proof: 'the times that CloudWatch gives of the lines of a pod',
  uses: { pods: 1 },
  isQuick: true,
  onAwsOnly: "CloudWatch's times of this target are its own",
  async prove(lab) {
    const begun = lab.now();
    const pod = await lab.runPod(main('for i in 1 2 3 4 5; do echo $i; sleep 1; done'));
    const { arn } = await lab.task(pod);
    const stream = `pod/main/${arn.replace(/^.*\//, '')}`;
    const variables = await lab.aws.variables(lab.resource('AWS::Lambda::Function', 'api'));
    const group = variables.get('DROPPOD_LOG_GROUP') ?? '';
    const lines = await lab
      .until(
        'its lines',
        async () => {
          const found = await lab.aws.lines(group, begun - SPREAD_MS, stream);
          return found && found.length >= 5 ? found : undefined;
        },
        SPREAD_MS,
      )
      .catch(() => {
        // Nothing arrived, and the proof reports that.
        return [];
      });
    if (lines.length === 0) return unproven('CloudWatch has no lines of it');
    const most = Math.max(...lines.map(({ delayMs }) => delayMs));
    return seen(most <= MOST_MS, `${lines.length} lines, the latest after ${most} ms`);
  },
};
