// The machine's first state: the pod gets its node, its images and its task definition. After it comes launch-pod.
import { lambda } from '../src/aws/lambda/lambda.ts';
import { bindPod } from '../src/steps/bind/bind-pod.ts';

export const handler = lambda(bindPod);
