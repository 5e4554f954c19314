// What EventBridge reports: a task changed, an execution ended. Both may come twice, late or never: sweep finds the same by looking.
import { lambda } from '../src/aws/lambda.ts';
import { observe } from '../src/steps/observe/observe.ts';

export const handler = lambda(observe);
