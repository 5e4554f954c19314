// The machine's Start container state: makes a run wanted and leaves the task token, which whoever sees the exit answers.
import { lambda } from '../src/aws/lambda.ts';
import { startContainer } from '../src/steps/start/start-container.ts';

export const handler = lambda(startContainer);
