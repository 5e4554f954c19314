// The CDK app with its one stack (`npx cdk synth`, `npx cdk deploy`). The options of a deployment are in cdk/choices.ts.
import { App } from 'aws-cdk-lib';
import { present } from '../src/present.ts';
import { readChoices } from './choices.ts';
import { buildLayout } from './constructs/podlet-image.ts';
import { staticPodFiles } from './constructs/static-pods.ts';
import { DroppodStack } from './stack.ts';

const app = new App();
const { vpcId, image, staticPods, watches, alarm, ...choices } = readChoices((name) =>
  app.node.tryGetContext(name),
);
const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;

new DroppodStack(app, 'Droppod', {
  description: 'Kubernetes Pods without a Kubernetes cluster',
  podlet: image === undefined ? await buildLayout(choices.architectures) : { image },
  ...choices,
  ...present({
    vpcId,
    staticPods: staticPods === undefined ? undefined : staticPodFiles(staticPods),
    watches,
    alarm,
    env:
      vpcId !== undefined && account !== undefined && region !== undefined
        ? { account, region }
        : undefined,
  }),
});
