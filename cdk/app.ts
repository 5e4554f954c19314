// `npx cdk synth` and `npx cdk deploy`: one stack; `-c vpc=vpc-…` takes a network of the user's own, `-c admins=ARN,ARN` (editors, viewers)
// lets principals log in besides the stack's two roles.
import { App } from 'aws-cdk-lib';
import { DroppodStack } from './stack.ts';

const app = new App();
const vpcId: unknown = app.node.tryGetContext('vpc');
const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;

/** ARNs by commas on the command line, or a list in cdk.json. */
function arns(name: string): string[] {
  const value: unknown = app.node.tryGetContext(name);
  const list: unknown[] = Array.isArray(value)
    ? value
    : typeof value === 'string'
      ? value.split(',')
      : [];
  return list.map((arn) => String(arn).trim()).filter((arn) => arn !== '');
}

new DroppodStack(app, 'Droppod', {
  description: 'Kubernetes Pods without a Kubernetes cluster',
  ...(typeof vpcId === 'string' ? { vpcId } : {}),
  principals: { admins: arns('admins'), editors: arns('editors'), viewers: arns('viewers') },
  // A look-up of a network needs an account; everything else is independent of it.
  ...(typeof vpcId === 'string' && account !== undefined && region !== undefined
    ? { env: { account, region } }
    : {}),
});
