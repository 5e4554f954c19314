// The Kubernetes API behind its function URL. `handle` is the same code that the local server calls.
import { lambdaHttp } from '../src/aws/lambda/lambda.ts';
import { api } from '../src/api/serve.ts';

export const handler = lambdaHttp(api);
