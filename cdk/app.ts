// `npx cdk synth` and `npx cdk deploy`: one stack. What a deployment may choose stands in cdk/choices.ts.
import { App } from 'aws-cdk-lib';
import { present } from '../src/present.ts';
import { readChoices } from './choices.ts';
import { buildLayout } from './constructs/podlet-image.ts';
import { DroppodStack } from './stack.ts';

const app = new App();
const { vpcId, image, ...choices } = readChoices((name) => app.node.tryGetContext(name));
const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;

new DroppodStack(app, 'Droppod', {
  description: 'Kubernetes Pods without a Kubernetes cluster',
  podlet: image === undefined ? await buildLayout(choices.architectures) : { image },
  ...choices,
  ...present({
    vpcId,
    env:
      vpcId !== undefined && account !== undefined && region !== undefined
        ? { account, region }
        : undefined,
  }),
});
