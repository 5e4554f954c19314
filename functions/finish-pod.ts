// The machine's last state: whatever is still due for a pod that is over is done here, once more or for the first time.
import { lambda } from '../src/aws/lambda.ts';
import { finishPod } from '../src/steps/settle/finish-pod.ts';

export const handler = lambda(finishPod);
