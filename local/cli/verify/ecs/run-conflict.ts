// RunTask's client token: no second task for an attempt, and the name of the first.
import { seen, type Assumption } from '../assumption.ts';
import { main } from '../containers.ts';
import { isReady } from '../outcomes.ts';

export const runConflict: Assumption = {
  id: 'run-conflict',
  assumed:
    'a RunTask under a token that is in use is a ConflictException that names the running task',
  proof: "RunTask with a running pod's token and another group",
  uses: { pods: 1 },
  isQuick: true,
  async prove(lab) {
    const name = await lab.createPod(main('while :; do sleep 1; done'));
    const pod = await lab.podUntil(name, isReady);
    const { arn, definition } = await lab.task(pod);
    const variables = await lab.aws.variables(lab.resource('AWS::Lambda::Function', 'launch-pod'));
    const listed = (variable: string): string[] => (variables.get(variable) ?? '').split(',');
    const cluster = lab.output('ClusterName');
    const answer = await lab.aws.runAgain({
      cluster,
      definition,
      // The first attempt's: src/fargate/run-request.ts.
      clientToken: `${pod.metadata.uid}-1`,
      subnets: listed('DROPPOD_SUBNETS'),
      securityGroups: listed('DROPPOD_SECURITY_GROUPS'),
    });
    if ('started' in answer)
      for (const started of answer.started)
        if (started !== arn) await lab.aws.stopTask(cluster, started);
    return seen('conflict' in answer && answer.conflict.includes(arn), JSON.stringify(answer));
  },
};
