// EventBridge's events: a task changed, an execution ended. Both may be repeated, late or lost: sweep finds the same.
import { lambda } from '../src/aws/lambda/lambda.ts';
import { observe } from '../src/steps/observe/observe.ts';

export const handler = lambda(observe);
