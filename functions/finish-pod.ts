// The machine's last state: does whatever is still due for a pod that is over.
import { lambda } from '../src/aws/lambda/lambda.ts';
import { finishPod } from '../src/steps/settle/finish-pod.ts';

export const handler = lambda(finishPod);
