// The machine's second state: RunTask, one task per attempt. After it the containers of the pod are started.
import { lambda } from '../src/aws/lambda/lambda.ts';
import { launchPod } from '../src/steps/launch/launch-pod.ts';

export const handler = lambda(launchPod);
