// The Kubernetes API behind its function URL. `handle` is the same code that the local server calls.
import { handle } from '../src/api/handler.ts';
import { lambdaHttp } from '../src/aws/lambda.ts';

export const handler = lambdaHttp((ports, request) => handle(ports, request));
