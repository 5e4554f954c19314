// The probe as a Lambda function, which the test bundles like the stack's functions.
import { httpHandler } from '../../src/aws/lambda/http-handler.ts';
import { probe } from './front-probe.ts';

export const handler = httpHandler(probe);
