// Expired items are deleted from the table by its TTL.
import { seen, type Assumption } from '../assumption.ts';

export const expiry: Assumption = {
  id: 'expiry',
  assumed: 'CloudFormation switches the TTL of a global table on',
  proof: 'DescribeTimeToLive',
  uses: {},
  isQuick: true,
  onAwsOnly: 'CloudFormation of this target switches no TTL on',
  async prove(lab) {
    const { status, attribute } = await lab.aws.timeToLive(
      lab.resource('AWS::DynamoDB::GlobalTable'),
    );
    return seen(
      /^ENABL/.test(status) && attribute === 'expires',
      `${status || 'nothing'}, attribute ${attribute ?? 'none'}`,
    );
  },
};
