// The podlets' door: POST a report, get the desired state. Its own URL and concurrency on AWS; no other caller has a credential for it.
import { lambdaHttp } from '../src/aws/lambda.ts';
import { sync } from '../src/steps/sync/sync.ts';

export const handler = lambdaHttp(sync);
