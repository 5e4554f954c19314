// `npx cdk synth` and `npx cdk deploy`: one stack; `-c vpc=vpc-…` takes a network of the user's own.
import { App } from 'aws-cdk-lib';
import { DroppodStack } from './stack.ts';

const app = new App();
const vpcId: unknown = app.node.tryGetContext('vpc');
const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;

new DroppodStack(app, 'Droppod', {
  description: 'Kubernetes Pods without a Kubernetes cluster',
  ...(typeof vpcId === 'string' ? { vpcId } : {}),
  // A look-up of a network needs an account; everything else is independent of it.
  ...(typeof vpcId === 'string' && account !== undefined && region !== undefined
    ? { env: { account, region } }
    : {}),
});
