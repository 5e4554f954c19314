// The sweep's schedule is on while a pod lives.
import { seen, type Assumption } from '../assumption.ts';
import { main } from '../containers.ts';
import { isReady } from '../outcomes.ts';

export const sweepRule: Assumption = {
  id: 'sweep-rule',
  assumed: 'EnableRule takes effect, and DescribeRule says so',
  proof: 'the rule is ENABLED while a pod runs',
  uses: { pods: 1 },
  isQuick: true,
  async prove(lab) {
    await lab.podUntil(await lab.createPod(main('while :; do sleep 1; done')), isReady);
    const variables = await lab.aws.variables(lab.resource('AWS::Lambda::Function', 'sweep'));
    const name = variables.get('DROPPOD_SWEEP_RULE') ?? '';
    const isOn = await lab.aws.ruleIsOn(name);
    return seen(isOn, `${name} is ${isOn ? 'on' : 'off'}`);
  },
};
