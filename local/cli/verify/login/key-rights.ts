// Signing keys are in a partition of the table that only two functions may read.
import { seen, unproven, type Assumption } from '../assumption.ts';

const KEYS = 'r/key';

export const keyRights: Assumption = {
  id: 'key-rights',
  assumed: 'IAM keeps roles from a partition of a table by dynamodb:LeadingKeys',
  proof: "IAM's own simulation: `api` may read the signing keys, `bind-pod` and `observe` may not",
  uses: {},
  isQuick: true,
  onAwsOnly: 'this target does not judge conditions of policies',
  async prove(lab) {
    const table = lab.resource('AWS::DynamoDB::GlobalTable');
    const machine = lab.output('StateMachine').split(':');
    const [, partition = 'aws', , region = '', account = ''] = machine;
    const arn = `arn:${partition}:dynamodb:${region}:${account}:table/${table}`;
    const said = async (name: string, of = arn): Promise<string> =>
      lab.aws.mayRead(lab.resource('AWS::Lambda::Function', name), of, KEYS);
    // No role is granted a table of such a name.
    const other = await said('observe', `${arn}-of-others`);
    if (other === 'allowed')
      return unproven('this target lets observe read a table that nothing grants it');
    const [api, bind, observe] = [await said('api'), await said('bind-pod'), await said('observe')];
    return seen(
      api === 'allowed' && bind !== 'allowed' && observe !== 'allowed',
      `api ${api}, bind-pod ${bind}, observe ${observe}`,
    );
  },
};
