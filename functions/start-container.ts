// The machine's Start container state: stores the desired run with the task token, which is answered when the exit is observed.
import { lambda } from '../src/aws/lambda/lambda.ts';
import { startContainer } from '../src/steps/start/start-container.ts';

export const handler = lambda(startContainer);
