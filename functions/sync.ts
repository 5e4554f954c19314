// The podlets' endpoint: POST a report, get the desired state. On AWS it has its own URL and concurrency.
import { lambdaHttp } from '../src/aws/lambda/lambda.ts';
import { sync } from '../src/steps/sync/sync.ts';

export const handler = lambdaHttp(sync);
